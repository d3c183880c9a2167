package cli

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/scope/act"
)

// textOrBytes returns the payload as a message holds it: as text when JSON can carry that, else in base64.
func textOrBytes(s string) (text, b64 *string) {
	if utf8.ValidString(s) {
		return &s, nil
	}
	b := base64.StdEncoding.EncodeToString([]byte(s))
	return nil, &b
}

// errEnough ends the reading: nothing more is wanted.
var errEnough = errors.New("enough")

// own opens a connection, sends, and prints what comes back.
func (s *sending) own(ctx context.Context) error {
	u, err := parseWS(s.url)
	if err != nil {
		return err
	}
	if s.message.To != act.ToServer {
		return errors.New("with -url there is only the server to send to")
	}
	frames, err := s.message.Frames(randomKey)
	if err != nil {
		return err
	}
	if list := act.Check(frames, act.Place{ToServer: true}); list != nil && !s.message.Force {
		return &act.Failure{Text: "the message breaks the protocol; send it with -force if that is what you want", Problems: list}
	}
	d := dialer{url: u, header: http.Header(s.header)}
	l, err := d.dial(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	return s.hear(ctx, l, frames)
}

// hear sends the frames, and prints what comes until it is enough.
func (s *sending) hear(ctx context.Context, l *link, frames []byte) error {
	ctx, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { l.bye(1000) })
	defer stop()
	p := printer{out: bufio.NewWriter(s.io.Out), json: s.json, secrets: true}
	messages := 0
	l.see = func(r *record.Record) error {
		if r.Dir != record.In || r.Kind != record.KindFrame || ctx.Err() != nil {
			return nil
		}
		p.last++
		r.Seq = p.last
		if err := p.print(r); err != nil {
			return err
		}
		if err := p.out.Flush(); err != nil {
			return &exitError{ExitUnfinished, err}
		}
		return nil
	}
	sent := make(chan error, 1)
	go func() { // a server that answers while it reads must not wait for us
		err := l.write(frames)
		if sent <- err; err != nil {
			l.close()
		}
	}()
	err := l.read(func(f *frame.Frame) error {
		if f.Message != nil {
			messages++
		}
		if f.Opcode == frame.Ping {
			return l.send(frame.Header{Fin: true, Opcode: frame.Pong}, f.Payload)
		}
		if s.count > 0 && messages >= s.count {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		l.bye(1000)
		return nil
	}
	if err == nil {
		l.close()
		err = <-sent
	}
	var exit *exitError
	switch {
	case errors.As(err, &exit):
		return exit
	case err != nil:
		return &exitError{ExitUnfinished, err}
	case s.count > messages:
		return &exitError{ExitUnfinished, fmt.Errorf("%d of %d messages came", messages, s.count)}
	}
	return nil
}

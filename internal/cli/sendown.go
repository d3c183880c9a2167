package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/scope/act"
)

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
	d := dialer{url: u, header: http.Header(s.header), trust: s.trust}
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
	l.see = s.print(ctx)
	sent := make(chan error, 1)
	go func() { // a server that answers while it reads must not wait for us
		err := l.write(frames)
		if sent <- err; err != nil {
			l.close()
		}
	}()
	messages, err := s.count(l)
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
	case s.enough > messages:
		return &exitError{ExitUnfinished, fmt.Errorf("%d of %d messages came", messages, s.enough)}
	}
	return nil
}

// print returns what prints the frames of the server until ctx ends.
func (s *sending) print(ctx context.Context) func(*record.Record) error {
	p := printer{out: bufio.NewWriter(s.io.Out), json: s.json, secrets: true}
	return func(r *record.Record) error {
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
}

// count answers pings and counts messages. errEnough is that so many came as are wanted.
func (s *sending) count(l *link) (messages int, err error) {
	err = l.read(func(f *frame.Frame) error {
		if f.Message != nil {
			messages++
		}
		if f.Opcode == frame.Ping {
			return l.send(frame.Header{Fin: true, Opcode: frame.Pong}, f.Payload)
		}
		if s.enough > 0 && messages >= s.enough {
			return errEnough
		}
		return nil
	})
	return messages, err
}

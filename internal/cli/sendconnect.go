package cli

import (
	"context"
	"errors"
	"net/http"

	"github.com/tetherscope/tetherscope/internal/rawws"
	"github.com/tetherscope/tetherscope/scope/act"
)

// connect opens a connection, sends, and prints what comes back.
func (s *sendCommand) connect(ctx context.Context) error {
	if err := s.checkURL(); err != nil {
		return err
	}
	frames, err := s.message.Frames(rawws.MaskingKey)
	if err != nil {
		return err
	}
	if list := act.Check(frames, act.Place{ToServer: true}); list != nil && !s.message.Force {
		return &act.Failure{Text: "the message breaks the protocol; send it with -force if that is what you want", Problems: list}
	}
	l, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	return newExchange(s, l).run(ctx, frames)
}

// checkURL refuses what cannot go with -url.
func (s *sendCommand) checkURL() error {
	if s.conn != 0 || s.match != "" || s.server != "" {
		return errors.New("-url opens a connection of its own: it stands without -server, -conn and -match")
	}
	if _, err := parseWS("-url", s.url); err != nil {
		return err
	}
	if s.message.To != act.ToServer {
		return errors.New("with -url there is only the server to send to")
	}
	return nil
}

// dial opens the connection of -url.
func (s *sendCommand) dial(ctx context.Context) (*link, error) {
	u, err := parseWS("-url", s.url)
	if err != nil {
		return nil, err
	}
	d := dialer{url: u, header: http.Header(s.header), tls: s.tls}
	return d.dial(ctx)
}

package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"

	"github.com/tetherscope/tetherscope/scope/act"
)

// sendLines sends each line of a file, or of standard input, as a message of its own.
func (s *sendCommand) sendLines(ctx context.Context, name string, asHex bool) error {
	in := s.io.In
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	next, out := pipedLines(in), outgoing{template: s.message, hex: asHex}
	if s.url == "" {
		return s.injectLines(ctx, next, &out)
	}
	if err := s.checkURL(); err != nil {
		return err
	}
	l, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	p := printer{out: bufio.NewWriter(s.io.Out), json: s.json, secrets: true}
	speak := &speaker{incoming: newIncoming(l, s.enough), io: s.io, view: &recordView{p}, next: next, outgoing: out, wait: s.wait}
	return speak.run(ctx)
}

// injectLines sends the lines on a tapped connection.
func (s *sendCommand) injectLines(ctx context.Context, next func() (string, error), out *outgoing) error {
	client, conn, err := s.tapped(ctx)
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		line, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var sent act.Sent
		if err == nil {
			sent, err = client.Send(ctx, conn.ID, out.message(line))
		}
		if err == nil {
			err = s.printSent(conn, sent)
		}
		if err != nil && n > 0 {
			return &exitError{ExitUnfinished, err}
		}
		if err != nil {
			return err
		}
	}
}

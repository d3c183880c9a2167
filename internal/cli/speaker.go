package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/cli/prompt"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/rawws"
	"github.com/tetherscope/tetherscope/scope/act"
)

// speaker speaks on a connection as lines say, and prints what arrives.
type speaker struct {
	*incoming
	io       *IO
	view     view
	next     func() (string, error) // the next line; io.EOF behind the last one
	outgoing outgoing
	commands bool          // lines with a slash are commands
	keepOn   bool          // a line that cannot be sent is reported and does not end the command
	wait     time.Duration // for responses behind the last line

	closed bool // we sent the first close frame
}

// typed is a line, or why there is none.
type typed struct {
	line string
	err  error
}

// run speaks until the lines or the connection end.
func (s *speaker) run(ctx context.Context) error {
	go s.read(s.view.show)
	stop := make(chan struct{})
	err := s.speak(ctx, s.lines(stop))
	if err == nil {
		s.closed = s.closed || !closed(s.peerClosed)
		s.finish(ctx, s.io)
	}
	s.link.close()
	close(stop)
	<-s.ended
	return s.result(err)
}

// lines reads lines on a goroutine, which ends with the program when nothing is typed any more.
func (s *speaker) lines(stop <-chan struct{}) <-chan typed {
	c := make(chan typed)
	go func() {
		for {
			line, err := s.next()
			select {
			case c <- typed{line, err}:
			case <-stop:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return c
}

// speak sends what the lines say, and answers pings, until one side ends the conversation.
func (s *speaker) speak(ctx context.Context, lines <-chan typed) error {
	var late <-chan time.Time
	for {
		select {
		case t := <-lines:
			done, err := s.say(t)
			if err != nil || done {
				return err
			}
			if t.err != nil { // no line follows
				lines = nil
				timer := time.NewTimer(s.wait)
				defer timer.Stop()
				late = timer.C
			}
		case payload := <-s.pongs:
			if err := s.pong(payload); err != nil {
				return s.broken(err)
			}
		case <-late:
			return nil
		case <-s.enough:
			return nil
		case <-s.peerClosed:
			return nil
		case <-s.ended:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// say does what a line asks for and reports whether that ends the conversation.
func (s *speaker) say(t typed) (done bool, err error) {
	switch {
	case t.err == nil:
		done, err = s.obey(t.line)
	case !errors.Is(t.err, io.EOF):
		err = t.err
	default:
		return s.wait <= 0, nil
	}
	var unsent *exitError
	if err != nil && s.keepOn && !errors.As(err, &unsent) {
		s.io.notice("%v\n", err)
		return false, nil
	}
	return done, err
}

// obey does what a line says.
func (s *speaker) obey(text string) (done bool, err error) {
	line := prompt.Line{Message: s.outgoing.message(text)}
	if s.commands && (strings.HasPrefix(text, "/") || !s.outgoing.hex) {
		if line, err = prompt.Parse(text, readFile); err != nil {
			return false, err
		}
	}
	switch line.Action {
	case prompt.Quit:
		return true, nil
	case prompt.Help:
		return false, writeText(s.io.Err, prompt.HelpText())
	case prompt.Fragments:
		s.outgoing.template.Split = line.Fragments
		return false, nil
	case prompt.Send:
	}
	return s.send(line.Message)
}

// send sends a message. A close frame ends the conversation.
func (s *speaker) send(m act.Message) (done bool, err error) {
	frames, err := s.outgoing.frames(m, rawws.MaskingKey)
	if err != nil {
		return false, err
	}
	s.closed = s.closed || m.Op == "close" && !closed(s.peerClosed)
	if err := s.link.write(frames); err != nil {
		return false, s.broken(err)
	}
	s.view.sent(m)
	return m.Op == "close", nil
}

// broken returns the error of a write that failed, unless the server's close frame says more about it.
func (s *speaker) broken(err error) error {
	if closed(s.peerClosed) {
		return nil
	}
	return &exitError{ExitUnfinished, fmt.Errorf("the connection ended before the message was sent: %w", err)}
}

// result says how it ended. err is why the conversation stopped, if it did not end.
func (s *speaker) result(err error) error {
	var exit *exitError
	switch {
	case errors.As(s.failed, &exit):
		return exit
	case err != nil:
		return err
	case s.failed != nil:
		return &exitError{ExitUnfinished, s.failed}
	case s.want > s.messages:
		return &exitError{ExitUnfinished, fmt.Errorf("%d of %d messages came%s", s.messages, s.want, s.ending())}
	case s.closed || closed(s.enough):
		return nil
	case !closed(s.peerClosed):
		return &exitError{ExitUnfinished, errors.New("the connection ended without a close frame")}
	case s.closeCode != 1000 && s.closeCode != frame.CodeNoStatus:
		return &exitError{ExitUnfinished, errors.New("the server closed the connection" + s.ending())}
	}
	return nil
}

// ending describes the server's close frame.
func (s *speaker) ending() string {
	if s.closed || !closed(s.peerClosed) {
		return ""
	}
	return fmt.Sprintf(": %d %q", s.closeCode, s.closeReason)
}

// pipedLines returns a function that reads lines from a pipe or a file.
func pipedLines(r io.Reader) func() (string, error) {
	const most = act.MaxPayload*3 + 2 // hexadecimal digits with a space behind each byte, and the line's end
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, most)
	n := 0
	return func() (string, error) {
		n++
		if scan.Scan() {
			return scan.Text(), nil
		}
		switch err := scan.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			return "", fmt.Errorf("line %d has more than %d bytes: a message has at most %d", n, most, act.MaxPayload)
		case err != nil:
			return "", err
		}
		return "", io.EOF
	}
}

// writeText writes a text of our own.
func writeText(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

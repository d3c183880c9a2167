package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// exchange sends one message on a connection and prints what comes back. The message has been sent when its last byte was
// written and the server answered the close frame behind it, or did not within closingTimeout.
type exchange struct {
	*incoming
	send *sendCommand
	out  printer
	sent chan error // the result of writing the message
}

func newExchange(s *sendCommand, l *link) *exchange {
	e := &exchange{
		incoming: newIncoming(l, s.enough), send: s, sent: make(chan error, 1),
		out: printer{out: bufio.NewWriter(s.io.Out), json: s.json, secrets: true},
	}
	l.see = e.print
	return e
}

// run sends the frames and prints what comes, until as many messages came as are wanted, the server closes, or the wait
// behind the last byte of the message is over.
func (e *exchange) run(ctx context.Context, frames []byte) error {
	stop := make(chan struct{})
	go e.write(frames, stop) // a server that answers while it reads must not wait for us
	go e.read(nil)
	err := e.awaitSent(ctx)
	if err == nil {
		e.awaitAnswers(ctx)
		e.quiet.Store(true)
		e.finish(ctx, e.send.io)
	}
	e.link.close()
	close(stop)
	<-e.ended
	return e.result(err)
}

// write sends the message, then the pongs: a pong does not wait inside the reader for a long message.
func (e *exchange) write(frames []byte, stop <-chan struct{}) {
	err := e.link.write(frames)
	e.sent <- err
	for err == nil {
		select {
		case payload := <-e.pongs:
			err = e.pong(payload)
		case <-stop:
			return
		}
	}
}

// print prints the frames of the server.
func (e *exchange) print(r *record.Record) error {
	if r.Dir != record.In || r.Kind != record.KindFrame || e.quiet.Load() {
		return nil
	}
	e.out.last++
	r.Seq = e.out.last
	if err := e.out.print(r); err != nil {
		return err
	}
	if err := e.out.out.Flush(); err != nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}

// awaitSent waits until the message was written.
func (e *exchange) awaitSent(ctx context.Context) error {
	var err error
	select {
	case err = <-e.sent:
	case <-e.ended: // the write may have returned just before, or may still succeed
		late := time.AfterFunc(closingTimeout, e.link.close)
		err = <-e.sent
		late.Stop()
	case <-ctx.Done():
		e.link.close()
		<-e.sent //nolint:errcheck // that it was interrupted is what is said
		err = errors.New("interrupted")
	}
	if err != nil {
		err = fmt.Errorf("the connection ended before the message was sent: %w", err)
	}
	return err
}

// awaitAnswers waits for what is to be printed.
func (e *exchange) awaitAnswers(ctx context.Context) {
	t := time.NewTimer(e.send.wait)
	defer t.Stop()
	select {
	case <-e.enough:
	case <-e.peerClosed:
	case <-e.ended:
	case <-t.C:
	case <-ctx.Done():
	}
}

// result says what came of it. err is why the message was not sent.
func (e *exchange) result(err error) error {
	var exit *exitError
	switch {
	case errors.As(e.failed, &exit):
		return exit
	case err != nil:
		return &exitError{ExitUnfinished, err}
	case e.failed != nil:
		return &exitError{ExitUnfinished, e.failed}
	case errors.Is(e.link.ended, syscall.ECONNRESET) && !closed(e.peerClosed):
		return &exitError{ExitUnfinished, errors.New("the server reset the connection: it may not have read the whole message")}
	case e.send.enough > e.messages:
		return &exitError{ExitUnfinished, fmt.Errorf("%d of %d messages came", e.messages, e.send.enough)}
	}
	return nil
}

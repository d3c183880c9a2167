package tap

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/tetherscope/tetherscope/internal/tap/fault"
)

// write takes b from the server, and passes on what is due to the client. A full shaper makes the server wait.
func (p *shaping) write(b []byte) (int, error) {
	if p.isClosing() {
		return 0, os.ErrClosed
	}
	if err := p.isLost(); err != nil {
		return 0, err
	}
	if head := p.in.collect(b); head > 0 {
		if n, err := p.client.Write(b[:head]); err != nil {
			p.writeFailed(err, head-n)
			p.lose(err)
			return n, err
		}
	}
	for {
		if err := p.flush(); err != nil {
			return len(b), err
		}
		state := p.in.state()
		if !state.full {
			return len(b), nil
		}
		select {
		case <-time.After(state.wait):
		case <-p.kickWriter: // a decision about a frame, or the end
		case <-p.done:
			return len(b), os.ErrClosed
		}
	}
}

// flush performs the steps to the client that are due.
func (p *shaping) flush() error {
	for p.in.shaped() {
		if err := p.isLost(); err != nil {
			return err
		}
		p.in.injectShaped()
		s, ok := p.in.pop()
		if !ok {
			p.schedule()
			return nil
		}
		if err := p.perform(s); err != nil {
			return err
		}
	}
	p.in.clear()
	return nil
}

// perform performs one step towards the client.
func (p *shaping) perform(s fault.Step) error {
	switch s.Effect {
	case fault.Write:
		p.limitWrite()
		n, err := p.client.Write(s.Bytes)
		switch {
		case err != nil:
			p.writeFailed(err, len(s.Bytes)-n)
			p.lose(err)
		case p.relays.Load():
			p.in.transitShaped(&s)
		}
		return err
	case fault.EndDirection:
		if p.isClosing() {
			return p.finish()
		}
		return p.halfClose("ended towards the client (FIN) by a rule")
	case fault.EndBoth:
		p.resetByRule()
		return syscall.ECONNRESET
	case fault.SendBack:
		p.out.sendBack(s.Text)
		p.wakeReader()
	case fault.Swallow:
	}
	return nil
}

// limitWrite bounds the next write to a client once the server has closed the connection: no other side is left to give up on it.
func (p *shaping) limitWrite() {
	if p.isClosing() {
		_ = p.client.SetWriteDeadline(time.Now().Add(lingering)) // a connection that cannot have one ends with its client
	}
}

// schedule sets the timer to the next step. The caller holds the lock for writing.
func (p *shaping) schedule() {
	state := p.in.state()
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !state.due:
	case p.timer == nil:
		p.timer = time.AfterFunc(state.wait, p.flushAlone)
	default:
		p.timer.Reset(state.wait)
	}
}

// flushAlone flushes while the server writes nothing. A write of the server that waits for room flushes itself.
func (p *shaping) flushAlone() {
	if p.ended() {
		return
	}
	select {
	case p.kickWriter <- struct{}{}:
	default:
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	_ = p.flush() // the server's next write fails with the same error
}

// closeWrite ends the direction to the client after what waits in its shaper.
func (p *shaping) closeWrite() error {
	if !p.isClosing() {
		p.in.endShaper()
		go p.flushAlone()
	}
	return nil
}

// close closes the connection after what waits in the shaper of the direction to the client. In a black hole the client does
// not see that. A client that has left is not waited for.
func (p *shaping) close() error {
	p.mu.Lock()
	was, lost := p.closing, p.lost
	p.closing = true
	p.mu.Unlock()
	if was {
		return nil
	}
	p.in.endShaper()
	swallows := p.in.state().swallows
	p.wakeReader()
	if lost != nil {
		return p.abandon()
	}
	p.limitWrite() // for one that waits already
	if swallows {
		time.AfterFunc(secrecy, func() { _ = p.finish() })
	}
	go p.untilClientLeaves(swallows)
	go p.flushAlone()
	return nil
}

// untilClientLeaves waits for the end of a client whose server has closed the connection. A FIN ends it only when nothing more is sent to
// it; else it may still read.
func (p *shaping) untilClientLeaves(swallows bool) {
	p.reading.Lock()
	defer p.reading.Unlock()
	_ = p.setReadDeadline(time.Time{}) // the server does not read any more
	p.waker.stop(p.client)
	err := p.discard()
	if swallows {
		_ = p.finish() // the connection has ended, whatever it returns
		return
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		p.lose(err)
	}
}

// discard reads from the client until its end, and returns that.
func (p *shaping) discard() error {
	var b [4096]byte
	for {
		if _, err := p.client.Read(b[:]); err != nil && (p.ended() || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return err
		}
	}
}

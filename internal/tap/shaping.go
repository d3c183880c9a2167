package tap

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/tetherscope/tetherscope/internal/tap/fault"
)

// shaping is the path of a connection with fault rules: bytes go through the shapers of its directions, which decide what is
// passed on and when. The directions have the shapers; this type has the rest of the path's state.
type shaping struct {
	*socket

	// Of the reader.
	buf   []byte     // what was read from the client and is collected
	taken fault.Step // the step whose bytes the server reads
	over  error      // what the end of the direction was read as; it is read again by who reads again

	// Of the writer.
	mu      sync.Mutex
	timer   *time.Timer // flushes when the next step to the client is due
	closing bool        // the server closed the connection, which ends when its shaper has ended
	lost    error       // why the client takes no more bytes; nil while it may
}

const (
	// secrecy is how long a connection stays open when a black hole hides its end from the other side.
	secrecy = 10 * time.Minute
	// lingering is how long a client may leave bytes untaken after the server closed the connection.
	lingering = time.Minute
	// longWait is the timeout of a wait that other events end.
	longWait = time.Hour
)

// read gives the server what is due to it, and reads from the client meanwhile.
func (p *shaping) read(b []byte) (int, error) {
	for {
		if len(p.unread) > 0 {
			return p.readUnread(b), nil
		}
		if p.over != nil {
			return 0, p.over
		}
		if p.relays.Load() && p.taken.To > 0 {
			p.out.transitShaped(&p.taken) // the server reads again, so it has written those bytes to the other leg
			p.taken = fault.Step{}
		}
		if p.isClosing() {
			return 0, net.ErrClosed
		}
		if p.out.isFinished() {
			return 0, io.EOF
		}
		if !p.out.shaped() {
			p.waker.until(p.client, time.Time{})
			return 0, errPathChanged
		}
		p.out.injectShaped()
		if s, ok := p.out.pop(); ok {
			if err := p.take(s); err != nil {
				return 0, err
			}
			continue
		}
		if err := p.advance(); err != nil {
			return 0, err
		}
	}
}

// take performs one step towards the server.
func (p *shaping) take(s fault.Step) error {
	switch s.Effect {
	case fault.Write:
		p.unread, p.taken = s.Bytes, s
		p.taken.Bytes = nil
	case fault.EndDirection:
		if p.over = p.readErr; p.over == nil {
			p.over = io.EOF
		}
		return p.over
	case fault.EndBoth:
		p.resetByRule()
		return syscall.ECONNRESET
	case fault.SendBack:
		p.in.sendBack(s.Text)
		go p.flushAlone() // the client may not read
	case fault.Swallow:
	}
	return nil
}

// advance waits for the next step, and reads from the client where the shaper has room for more.
func (p *shaping) advance() error {
	state := p.out.state()
	wait := state.wait
	if !state.due {
		wait = longWait
	}
	if p.readErr != nil || state.full {
		if p.readErr != nil && state.swallows && !state.due {
			wait = secrecy
		}
		return p.pause(wait, state.swallows)
	}
	until := time.Time{}
	if state.due {
		until = time.Now().Add(wait)
	}
	p.waker.until(p.client, until)
	if p.buf == nil {
		p.buf = make([]byte, readSize)
	}
	n, err := p.client.Read(p.buf)
	if n > 0 {
		p.out.collect(p.buf[:n])
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.waker.stop(p.client)
		if p.waker.ownerPassed() {
			return err
		}
		return nil
	}
	p.sourceEnded(err)
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) { // after a FIN it may still read
		p.lose(err)
	}
	return nil
}

// pause waits without reading.
func (p *shaping) pause(wait time.Duration, swallows bool) error {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		if swallows && wait == secrecy {
			return p.readErr
		}
	case <-p.kick:
		p.waker.stop(p.client)
		if p.waker.ownerPassed() {
			return os.ErrDeadlineExceeded
		}
	case <-p.done:
		return net.ErrClosed
	}
	return nil
}

func (p *shaping) isClosing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closing
}

// isLost returns why the client takes no more bytes, or nil.
func (p *shaping) isLost() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost
}

// lose notes that the client takes no more bytes. A connection that the server has closed waits for nothing else and ends here; in any
// other, the server's next write fails.
func (p *shaping) lose(err error) {
	p.mu.Lock()
	if p.lost == nil {
		p.lost = err
	}
	closing := p.closing
	p.mu.Unlock()
	if closing {
		_ = p.abandon() // the connection has ended, whatever it returns
	}
}

// abandon ends the connection, with what waits in the shaper unsent.
func (p *shaping) abandon() error {
	p.end.notSent(p.in.shaperBytes())
	return p.finish()
}

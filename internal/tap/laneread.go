package tap

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/tetherscope/tetherscope/internal/fault"
)

// readSize is how much is read at once from a client under a deck.
const readSize = 16 << 10

// longWait stands for waiting until something happens.
const longWait = time.Hour

// readLaned gives the server what is due to it, and reads from the client meanwhile. It returns errUnderNone when the deck
// is gone. The caller holds the lock for reading.
func (c *conn) readLaned(p []byte) (int, error) {
	for {
		if len(c.inserted) > 0 {
			n := copy(p, c.inserted)
			if c.inserted = c.inserted[n:]; len(c.inserted) == 0 {
				c.inserted = nil
			}
			return n, nil
		}
		if taken := &c.laning.taken; c.relays.Load() && taken.To > 0 {
			c.out.passedLane(taken) // the server's side comes for more
			*taken = fault.Step{}
		}
		if c.laning.isClosing() {
			return 0, net.ErrClosed
		}
		if c.out.isFinished() {
			return 0, io.EOF
		}
		if !c.out.laned() {
			c.alarm.until(c.Conn, time.Time{})
			return 0, errUnderNone
		}
		c.out.insertLaned()
		if s, ok := c.out.pop(); ok {
			if err := c.take(s); err != nil {
				return 0, err
			}
			continue
		}
		if err := c.advance(); err != nil {
			return 0, err
		}
	}
}

// take does one step towards the server.
func (c *conn) take(s fault.Step) error {
	switch s.Deed {
	case fault.Write:
		c.inserted, c.laning.taken = s.Bytes, s
		c.laning.taken.Bytes = nil
	case fault.EndDirection:
		if err := c.laning.ended; err != nil {
			return err
		}
		return io.EOF
	case fault.EndBoth:
		c.resetByFault()
		return syscall.ECONNRESET
	case fault.Swallow:
	}
	return nil
}

// advance waits for the next step, and for more of the client where there is room for it.
func (c *conn) advance() error {
	full, wait, waits, swallows := c.out.state()
	if !waits {
		wait = longWait
	}
	if c.laning.ended != nil || full {
		if c.laning.ended != nil && swallows && !waits {
			wait = secrecy
		}
		return c.pause(wait, swallows)
	}
	until := time.Time{}
	if waits {
		until = time.Now().Add(wait)
	}
	c.alarm.until(c.Conn, until)
	if c.laning.buf == nil {
		c.laning.buf = make([]byte, readSize)
	}
	n, err := c.Conn.Read(c.laning.buf)
	if n > 0 {
		c.out.collect(c.laning.buf[:n])
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.alarm.stop(c.Conn)
		if c.alarm.ownerPassed() {
			return err
		}
		return nil
	}
	c.sourceEnded(err)
	return nil
}

// sourceEnded takes the end of what comes from the client. The server sees it when the lane has ended.
func (c *conn) sourceEnded(err error) {
	c.readFailed(err)
	c.laning.ended = err
	c.out.endLane()
}

// pause waits without reading.
func (c *conn) pause(wait time.Duration, secret bool) error {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		if secret && wait == secrecy {
			return c.laning.ended
		}
	case <-c.laning.kick:
		c.alarm.stop(c.Conn)
		if c.alarm.ownerPassed() {
			return os.ErrDeadlineExceeded
		}
	case <-c.done:
		return net.ErrClosed
	}
	return nil
}

// isFinished reports whether the direction was ended on order.
func (d *direction) isFinished() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.finished
}

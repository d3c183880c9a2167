package tap

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/tetherscope/tetherscope/internal/fault"
	"github.com/tetherscope/tetherscope/internal/record"
)

// laning is what a connection under a deck needs beside its two lanes.
type laning struct {
	kick chan struct{} // wakes a reader that waits for its lane

	mu      sync.Mutex
	timer   *time.Timer // pumps when the next step to the client is due
	closing bool        // the server closed the connection, which ends when its lane has ended

	ended error      // how reading from the client ended; it ends for the server when its lane has ended
	buf   []byte     // what was read and is collected
	taken fault.Step // whose bytes the server reads
}

// secrecy is how long a connection is kept open whose end a black hole keeps secret.
const secrecy = 10 * time.Minute

// errUnderNone tells a reader that the deck is gone.
var errUnderNone = errors.New("tap: under no deck")

// wakeReader lets the server's reader look at what waits for it.
func (c *conn) wakeReader() {
	select {
	case c.laning.kick <- struct{}{}:
	default:
	}
	c.alarm.ring(c.Conn)
}

// writeLaned takes p from the server, and passes on what is due to the client. A full lane makes the server wait. The caller
// holds the lock for writing.
func (c *conn) writeLaned(p []byte) (int, error) {
	if c.laning.isClosing() {
		return 0, os.ErrClosed
	}
	if head := c.in.collect(p); head > 0 {
		if n, err := c.Conn.Write(p[:head]); err != nil {
			c.writeFailed(err, head-n)
			return n, err
		}
	}
	for {
		if err := c.pump(); err != nil {
			return len(p), err
		}
		full, wait, _, _ := c.in.state()
		if !full {
			return len(p), nil
		}
		select {
		case <-time.After(wait):
		case <-c.done:
			return len(p), os.ErrClosed
		}
	}
}

// pump passes on what is due to the client. The caller holds the lock for writing.
func (c *conn) pump() error {
	for c.in.laned() {
		c.in.insertLaned()
		s, ok := c.in.pop()
		if !ok {
			c.schedule()
			return nil
		}
		if err := c.perform(s); err != nil {
			return err
		}
	}
	c.in.rest()
	return nil
}

// perform does one step towards the client.
func (c *conn) perform(s fault.Step) error {
	switch s.Deed {
	case fault.Write:
		n, err := c.Conn.Write(s.Bytes)
		switch {
		case err != nil:
			c.writeFailed(err, len(s.Bytes)-n)
		case c.relays.Load():
			c.in.passedLane(&s)
		}
		return err
	case fault.EndDirection:
		return c.endToClient()
	case fault.EndBoth:
		c.resetByFault()
		return syscall.ECONNRESET
	case fault.Swallow:
	}
	return nil
}

// schedule sets the timer to the next step. The caller holds the lock for writing.
func (c *conn) schedule() {
	_, wait, waits, _ := c.in.state()
	l := &c.laning
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !waits:
	case l.timer == nil:
		l.timer = time.AfterFunc(wait, c.pumpAlone)
	default:
		l.timer.Reset(wait)
	}
}

// pumpAlone passes on what is due while the server says nothing.
func (c *conn) pumpAlone() {
	if c.ended() {
		return
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	_ = c.pump() // the connection's end is recorded, and its reader sees it
}

// finishLaned ends the direction to the client behind what waits in its lane, and with it, when the server closes it, the
// connection. In a black hole the client does not see it.
func (c *conn) finishLaned(whole bool) error {
	l := &c.laning
	l.mu.Lock()
	was := l.closing
	l.closing = l.closing || whole
	l.mu.Unlock()
	if was {
		return nil
	}
	c.in.endLane()
	_, _, _, swallows := c.in.state()
	if whole {
		c.wakeReader()
		if swallows {
			time.AfterFunc(secrecy, func() { _ = c.finish() })
			go c.untilClientLeaves()
		}
	}
	go c.pumpAlone()
	return nil
}

// untilClientLeaves waits for the end of a client that was not told of the server's.
func (c *conn) untilClientLeaves() {
	c.reading.Lock()
	defer c.reading.Unlock()
	_ = c.alarm.set(c.Conn, time.Time{}) // the server's deadline is of no use any more
	c.alarm.stop(c.Conn)
	var b [4096]byte
	for !c.ended() {
		if _, err := c.Conn.Read(b[:]); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
	}
	_ = c.finish() // it has ended
}

func (l *laning) isClosing() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closing
}

// endToClient ends what goes to the client: everything before it has been written.
func (c *conn) endToClient() error {
	if c.laning.isClosing() {
		return c.finish()
	}
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	c.end.first(record.SideNone, "ended towards the client (FIN) by a rule", record.Injected)
	c.in.shut(ErrEnded)
	return half.CloseWrite()
}

// resetByFault resets the connection on the order of a rule.
func (c *conn) resetByFault() {
	if tcp := tcpBeneath(c.Conn); tcp != nil {
		_ = tcp.SetLinger(0) // without it, the end is a FIN
	}
	c.end.first(record.SideNone, "reset (RST) by a rule", record.Injected)
	_ = c.finish() // it has ended
}

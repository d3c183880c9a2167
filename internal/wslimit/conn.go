package wslimit

import (
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/internal/tcpend"
)

// A connection that closes while its client still sends is drained for this long and this much, so that the close frame
// reaches the client before TCP's reset can overtake it.
const (
	drainTime  = 500 * time.Millisecond
	drainBytes = 256 << 10
)

// conn is a guarded connection. One goroutine reads; any may close.
type conn struct {
	net.Conn
	ahead   ahead
	check   checker
	tripped *Violation
	done    atomic.Bool // the client sent its close frame, or its TCP connection ended
	closed  atomic.Bool
}

// Read reads from the client. Before the frame that trips the guard it ends, and from then on returns the *[Violation].
func (c *conn) Read(p []byte) (int, error) {
	if c.tripped != nil {
		return 0, c.tripped
	}
	n, err := c.ahead.read(c.Conn, p, c.check.inside())
	ok, v := n, (*Violation)(nil)
	if !c.done.Load() {
		var finished bool
		ok, finished, v = c.check.scan(p[:n])
		c.done.Store(finished || err != nil)
	}
	if v == nil {
		return n, err
	}
	c.tripped = v
	if ok == 0 {
		return 0, v
	}
	return ok, nil
}

// NetConn returns the connection beneath.
func (c *conn) NetConn() net.Conn { return c.Conn }

// CloseWrite ends the server's half of the connection where the transport can.
func (c *conn) CloseWrite() error { return tcpend.CloseWrite(c.Conn) }

// Reset closes the connection with a TCP reset, without waiting for the client.
func (c *conn) Reset() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	return tcpend.Reset(c.Conn)
}

// Close closes the connection. If the client has not finished, it is given a moment to read what was sent.
func (c *conn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	if !c.done.Load() {
		c.drain()
	}
	return c.Conn.Close()
}

// drain ends the server's half and throws away what the client still sends.
func (c *conn) drain() {
	if c.CloseWrite() != nil {
		return
	}
	if c.SetReadDeadline(time.Now().Add(drainTime)) == nil {
		_, _ = io.CopyN(io.Discard, c.Conn, drainBytes) // however it ends, the connection is closed next
	}
}

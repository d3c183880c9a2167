package tap

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tetherscope/tetherscope/internal/record"
)

// conn is a tapped connection. Reads and writes pass through; what passed is fed to the decoder of its direction. While
// somebody acts on it, what they put in goes between the frames that pass.
type conn struct {
	net.Conn
	tap      *Tap
	id       uint32
	name     string
	request  []byte                 // head of the handshake's request, blanked
	response atomic.Pointer[[]byte] // head of its response, blanked; nil before it
	reached  record.Reached         // of a proxy: its target
	relays   atomic.Bool            // a proxy carries the bytes to its target and back
	out, in  direction
	end      ending
	done     chan struct{} // closed at the end
	over     sync.Once

	writing sync.Mutex // held while bytes go to the client, so that frames stay whole

	reading  sync.Mutex // held while bytes come from the client, or what was put in between them
	inserted []byte     // to be read next
	alarm    alarm
	laning   laning
}

func newConn(nc net.Conn, t *Tap, id uint32, name string, request []byte) *conn {
	c := &conn{Conn: nc, tap: t, id: id, name: name, request: request, done: make(chan struct{})}
	c.laning.kick = make(chan struct{}, 1)
	c.out.init(c, record.Out)
	c.in.init(c, record.In)
	return c
}

// NetConn returns the connection beneath, for what only a *net.TCPConn can do. What is written there is not recorded.
func (c *conn) NetConn() net.Conn { return c.Conn }

// Read reads from the client and records what came, or reads what was put in.
func (c *conn) Read(p []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.relays.Load() {
		c.out.passed()
	}
	for {
		if c.out.acting.Load() && c.out.laned() {
			if n, err := c.readLaned(p); n > 0 || !errors.Is(err, errUnderNone) {
				return n, err
			}
			continue
		}
		room := len(p)
		if c.out.acting.Load() || len(c.inserted) > 0 {
			var n int
			var err error
			if n, room, err = c.readActing(p); n > 0 || err != nil {
				return n, err
			}
			if c.out.laned() { // since the first look, and the alarm for it may have been stopped
				continue
			}
		}
		n, err := c.Conn.Read(p[:room])
		if n == 0 && err != nil && c.alarm.woke(c.Conn, err) {
			continue
		}
		if n > 0 && c.out.acting.Load() && c.out.laned() { // the deck came while the read was on its way
			c.late(p[:n], err)
			continue
		}
		if n > 0 {
			c.out.feed(p[:n])
		}
		if err != nil {
			c.readFailed(err)
		}
		return n, err
	}
}

// late has the deck judge what was read before anybody knew of it. The caller holds the lock for reading.
func (c *conn) late(p []byte, err error) {
	c.out.collect(p)
	if err != nil {
		c.sourceEnded(err)
	}
}

func (c *conn) readFailed(err error) {
	c.end.broke(err, "read")
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		c.out.shut(ErrEnded) // nobody will read what is put in
	}
}

// Write records p and writes it to the client. When the write falls short, the end of the connection says so.
func (c *conn) Write(p []byte) (n int, err error) {
	c.writing.Lock()
	switch {
	case !c.in.acting.Load():
		n, err = c.send(p)
	case c.in.laned():
		n, err = c.writeLaned(p)
	default:
		n, err = c.writeActing(p)
	}
	c.writing.Unlock()
	c.deliver() // what came meanwhile
	return n, err
}

// send records p and writes it. The caller holds the lock for writing.
func (c *conn) send(p []byte) (int, error) {
	c.in.feed(p)
	n, err := c.Conn.Write(p)
	switch {
	case err != nil:
		c.writeFailed(err, len(p)-n)
	case c.relays.Load():
		c.in.passed()
	}
	return n, err
}

func (c *conn) writeFailed(err error, unsent int) {
	c.end.broke(err, "write")
	c.end.cut(unsent)
}

// SetDeadline sets both deadlines.
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetWriteDeadline(t), c.SetReadDeadline(t))
}

// SetReadDeadline sets the deadline of reads.
func (c *conn) SetReadDeadline(t time.Time) error { return c.alarm.set(c.Conn, t) }

// CloseWrite ends the server's half of the connection where the transport can.
func (c *conn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	c.end.first(record.SideServer, "the server ended its half of the connection", 0)
	if c.in.acting.Load() && c.in.laned() {
		return c.finishLaned(false)
	}
	return half.CloseWrite()
}

// Close closes the connection and records how it ended.
func (c *conn) Close() error {
	c.end.first(record.SideServer, "the server closed the connection", 0)
	if c.in.acting.Load() && c.in.laned() {
		return c.finishLaned(true)
	}
	return c.finish()
}

// Reset closes the connection with a TCP reset where the transport can, and records that. Bytes not sent yet are lost.
func (c *conn) Reset() error {
	if tcp := tcpBeneath(c.Conn); tcp != nil && tcp.SetLinger(0) == nil {
		c.end.first(record.SideServer, "the server reset the connection (RST)", 0)
	}
	return c.Close()
}

// tcpBeneath returns the TCP connection that c is made of, or nil.
func tcpBeneath(c net.Conn) *net.TCPConn {
	for {
		if tcp, ok := c.(*net.TCPConn); ok {
			return tcp
		}
		above, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		c = above.NetConn()
	}
}

func (c *conn) finish() error {
	err := c.Conn.Close()
	c.out.finish()
	c.in.finish()
	c.end.record(c)
	c.over.Do(func() {
		c.tap.forget(c)
		c.out.shut(ErrEnded)
		c.in.shut(ErrEnded)
		close(c.done)
	})
	return err
}

func (c *conn) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// cause says in words what an I/O error tells about the end of a connection, and who ended it. A timeout ends nothing.
func cause(err error, doing string) (record.Side, string) {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return record.SideNone, ""
	case errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe):
		return record.SideServer, "the server closed the connection"
	case errors.Is(err, io.EOF):
		return record.SideClient, "the client ended the connection (FIN)"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return record.SideClient, "the client ended the connection without TLS close_notify"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return record.SideClient, "the client reset the connection (RST)"
	}
	return record.SideNone, doing + " failed: " + err.Error()
}

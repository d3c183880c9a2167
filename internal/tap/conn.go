package tap

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/tetherscope/tetherscope/internal/record"
)

// conn is a tapped connection. Reads and writes pass through; what passed is fed to the decoder of its direction.
type conn struct {
	net.Conn
	tap     *Tap
	id      uint32
	request []byte // head of the handshake's request, blanked
	out, in direction
	end     ending
}

func newConn(nc net.Conn, t *Tap, id uint32, request []byte) *conn {
	c := &conn{Conn: nc, tap: t, id: id, request: request}
	c.out.init(c, record.Out)
	c.in.init(c, record.In)
	return c
}

// NetConn returns the connection beneath, for what only a *net.TCPConn can do. What is written there is not recorded.
func (c *conn) NetConn() net.Conn { return c.Conn }

// Read reads from the client and records what came.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.out.feed(p[:n])
	}
	if err != nil {
		c.end.broke(err, "read")
	}
	return n, err
}

// Write records p and writes it to the client. When the write falls short, the end of the connection says so.
func (c *conn) Write(p []byte) (int, error) {
	c.in.feed(p)
	n, err := c.Conn.Write(p)
	if err != nil {
		c.end.broke(err, "write")
		c.end.cut(len(p) - n)
	}
	return n, err
}

// CloseWrite ends the server's half of the connection where the transport can.
func (c *conn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	c.end.first(record.SideServer, "the server ended its half of the connection")
	return half.CloseWrite()
}

// Close closes the connection and records how it ended.
func (c *conn) Close() error {
	c.end.first(record.SideServer, "the server closed the connection")
	return c.finish()
}

// Reset closes the connection with a TCP reset where the transport can, and records that. Bytes not sent yet are lost.
func (c *conn) Reset() error {
	if tcp := tcpBeneath(c.Conn); tcp != nil && tcp.SetLinger(0) == nil {
		c.end.first(record.SideServer, "the server reset the connection (RST)")
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
	return err
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

package tap

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// halfCloser is a connection that can end what it sends and go on reading: TCP and TLS.
type halfCloser interface{ CloseWrite() error }

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

// cause returns who ended a connection, and how, according to an I/O error. A timeout ends nothing.
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

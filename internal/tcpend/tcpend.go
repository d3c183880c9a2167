package tcpend

import (
	"errors"
	"net"
)

// CloseWrite ends the sending direction of a connection, with a FIN and, over TLS, a close_notify. It returns
// [errors.ErrUnsupported] when the transport cannot end one direction alone.
func CloseWrite(c net.Conn) error {
	half, ok := c.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// TCP returns the TCP connection beneath c, or nil when there is none. Wrappers give access to what they wrap by a method
// NetConn, as [crypto/tls.Conn] does.
func TCP(c net.Conn) *net.TCPConn {
	for {
		if tcp, ok := c.(*net.TCPConn); ok {
			return tcp
		}
		wrapper, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		c = wrapper.NetConn()
	}
}

// Reset closes a connection with a TCP reset, which discards what was not sent yet, or with a FIN where the transport
// cannot reset. A wrapper with a method Reset does it itself, so that it can take note.
func Reset(c net.Conn) error {
	if own, ok := c.(interface{ Reset() error }); ok {
		return own.Reset()
	}
	if tcp := TCP(c); tcp != nil {
		_ = tcp.SetLinger(0) // where this fails, a FIN is sent
	}
	return c.Close()
}

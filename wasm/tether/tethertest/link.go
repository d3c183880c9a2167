//go:build !js

package tethertest

import (
	"io"
	"net"
	"sync"
)

// linkKey is the key of a request's context under which its link is.
type linkKey struct{}

// link is the server's end of a connection in memory.
type link struct {
	net.Conn
	server *Server

	freezing, closing sync.Once
	frozen            chan struct{} // closed by freeze
	closed            chan struct{} // closed with the link
}

// freeze stops everything in both directions, for good: the client's writes block, and its reads get nothing.
func (l *link) freeze() { l.freezing.Do(func() { close(l.frozen) }) }

func (l *link) isFrozen() bool {
	select {
	case <-l.frozen:
		return true
	default:
		return false
	}
}

// Read implements net.Conn.
func (l *link) Read(p []byte) (int, error) {
	if l.isFrozen() {
		<-l.closed
	}
	n, err := l.Conn.Read(p)
	if err == nil && l.isFrozen() { // it came too late
		<-l.closed
		return 0, io.ErrClosedPipe
	}
	return n, err
}

// Write implements net.Conn.
func (l *link) Write(p []byte) (int, error) {
	if l.isFrozen() {
		return len(p), nil
	}
	return l.Conn.Write(p)
}

// Close implements net.Conn. A frozen link stays as it is for the client: it cannot see that the server's end is gone.
func (l *link) Close() error {
	if !l.isFrozen() {
		l.cut()
	}
	return nil
}

// cut ends the connection for both, frozen or not.
func (l *link) cut() {
	l.server.mu.Lock()
	delete(l.server.links, l)
	l.server.mu.Unlock()
	l.shut()
}

func (l *link) shut() {
	l.closing.Do(func() { close(l.closed) })
	_ = l.Conn.Close()
}

// listener hands the links of a server to net/http.
type listener struct{ server *Server }

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.server.pending:
		return c, nil
	case <-l.server.over:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener: the server's Close ends it.
func (listener) Close() error { return nil }

// Addr implements net.Listener.
func (listener) Addr() net.Addr { return &net.UnixAddr{Name: "tether.test", Net: "memory"} }

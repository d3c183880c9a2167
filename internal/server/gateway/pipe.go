package gateway

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// bufferSize is what a stream holds at most of one direction.
const bufferSize = 32 << 10

var noDeadline time.Time

// errReset is what the reader of a stream gets that its client has reset.
var errReset = &net.OpError{Op: "read", Net: "http2", Err: syscall.ECONNRESET}

// onceFunc returns a function that closes a channel, once.
func onceFunc(c chan struct{}) func() { return sync.OnceFunc(func() { close(c) }) }

// end is one end of a connection in memory whose directions end one by one, as those of TCP do.
type end struct {
	in, out net.Conn // one direction each
	peer    *end
	failed  atomic.Bool // this end was reset, not closed
	local   net.Addr
	remote  net.Addr
	head    []byte // of the far end: the handshake as it came
	value   func(key any) any
	why     atomic.Pointer[error] // this end was reset; nil for no more than that
	closed  func()                // is called by Close and Reset; nil for none
}

var _ net.Conn = (*end)(nil)

// newPair returns the end of the gateway and that of the server.
func newPair(r *http.Request, scheme string) (near, far *end) {
	near, far = joined()
	far.head, far.value = pseudoHead(r, scheme), r.Context().Value
	far.local, far.remote = &net.TCPAddr{}, &net.TCPAddr{}
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		far.local = local
	}
	if remote, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		far.remote = net.TCPAddrFromAddrPort(remote)
	}
	return near, far
}

// joined returns the two ends of a connection without addresses.
func joined() (near, far *end) {
	fromNear, toFar := net.Pipe()
	fromFar, toNear := net.Pipe()
	near, far = &end{in: toNear, out: fromNear}, &end{in: toFar, out: fromFar}
	near.peer, far.peer = far, near
	return near, far
}

// Read reads what the other end wrote.
func (e *end) Read(p []byte) (int, error) {
	n, err := e.in.Read(p)
	if errors.Is(err, io.EOF) && e.peer.failed.Load() {
		err = errReset
		if why := e.peer.why.Load(); why != nil {
			err = *why
		}
	}
	return n, err
}

// Write writes to the other end.
func (e *end) Write(p []byte) (int, error) { return e.out.Write(p) }

// CloseWrite ends what this end sends.
func (e *end) CloseWrite() error { return e.out.Close() }

// Close ends both directions.
func (e *end) Close() error {
	if e.closed != nil {
		e.closed()
	}
	return errors.Join(e.out.Close(), e.in.Close())
}

// Reset ends both directions: the other end learns that it was not in good order.
func (e *end) Reset() error {
	e.failed.Store(true)
	return e.Close()
}

// abort is Reset for defer.
func (e *end) abort() { _ = e.Reset() } // closing a pipe never fails

// fail is Reset with the error that the other end reads.
func (e *end) fail(err error) {
	e.why.Store(&err)
	e.abort()
}

// peerReset reports whether the other end was reset.
func (e *end) peerReset() bool { return e.peer.failed.Load() }

// sourceEnded passes on how the stream has ended.
func (e *end) sourceEnded(err error) {
	if err != nil {
		e.abort()
		return
	}
	_ = e.CloseWrite() // closing a pipe never fails
}

// LocalAddr returns the address that the client has called.
func (e *end) LocalAddr() net.Addr { return e.local }

// RemoteAddr returns the address of the client.
func (e *end) RemoteAddr() net.Addr { return e.remote }

// SetDeadline sets both deadlines.
func (e *end) SetDeadline(t time.Time) error {
	return errors.Join(e.SetReadDeadline(t), e.SetWriteDeadline(t))
}

// SetReadDeadline sets the deadline of reads.
func (e *end) SetReadDeadline(t time.Time) error { return e.in.SetReadDeadline(t) }

// SetWriteDeadline sets the deadline of writes.
func (e *end) SetWriteDeadline(t time.Time) error { return e.out.SetWriteDeadline(t) }

// PseudoHead returns the handshake with its pseudo-header fields, in the form in which records hold it. Its fields are in the order of
// their names: net/http keeps no other.
func (e *end) PseudoHead() []byte { return e.head }

// Value returns the value that the context of the request has for a key, as [context.Context] does.
func (e *end) Value(key any) any { return e.value(key) }

// pseudoHead writes the handshake.
func pseudoHead(r *http.Request, scheme string) []byte {
	var b strings.Builder
	for _, f := range [][2]string{{":method", r.Method}, {":protocol", "websocket"}, {":scheme", scheme}, {":authority", r.Host}, {":path", r.RequestURI}} {
		b.WriteString(f[0] + ": " + f[1] + "\r\n")
	}
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		if !strings.HasPrefix(name, ":") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range r.Header[name] {
			b.WriteString(strings.ToLower(name) + ": " + value + "\r\n")
		}
	}
	b.WriteString("\r\n")
	return []byte(b.String())
}

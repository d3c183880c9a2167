package tap

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxRawHead bounds what is kept of a head on its way to Hijack. A longer one is put together from what net/http keeps.
const maxRawHead = 64 << 10

// Listen returns l with connections that remember the head of the request in progress and of its response, so that a
// handshake can be recorded exactly as it stood on the wire. For TLS, wrap the listener that tls.NewListener returned.
// The server must have [ConnContext].
func Listen(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &headConn{Conn: c, accepted: time.Now()}, nil
}

type connKey struct{}

// ConnContext is for [http.Server.ConnContext]: it lets the tap find the connection of a request.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// rawHeads returns the connection of r if it came through Listen.
func rawHeads(r *http.Request) *headConn {
	c, _ := r.Context().Value(connKey{}).(*headConn)
	return c
}

// headConn remembers what was read and written since the last exchange began. net/http reads and writes from different
// goroutines, hence the lock.
type headConn struct {
	net.Conn
	mu      sync.Mutex
	in, out []byte
	replied bool // something was written: the next read begins another exchange

	accepted time.Time // zero once an exchange is over
}

// NetConn returns the connection beneath.
func (c *headConn) NetConn() net.Conn { return c.Conn }

func (c *headConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.replied && n > 0 {
		c.in, c.out, c.replied, c.accepted = c.in[:0], c.out[:0], false, time.Time{}
	}
	c.in = keep(c.in, p[:n])
	return n, err
}

func (c *headConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.out = keep(c.out, p)
	c.replied = true
	c.mu.Unlock()
	return c.Conn.Write(p)
}

// keep appends p to b as far as the bound allows.
func keep(b, p []byte) []byte { return append(b, p[:min(len(p), maxRawHead-len(b))]...) }

// request returns the head of r as it was read, or nil. Requests that were pipelined before it are left out.
func (c *headConn) request(r *http.Request) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return lastHead(c.in, r.Method+" "+r.RequestURI+" "+r.Proto+"\r\n")
}

// waited returns how long ago the connection was accepted, if its first request is in progress.
func (c *headConn) waited() time.Duration {
	if c == nil {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.accepted.IsZero() {
		return 0
	}
	return time.Since(c.accepted)
}

// response returns the head of the 101 that was written, or nil, and lets go of what it kept: it is asked once, when the
// connection leaves net/http.
func (c *headConn) response() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	head := lastHead(c.out, "HTTP/1.1 101 ")
	c.in, c.out = nil, nil
	return head
}

// lastHead returns a copy of the last complete head in b whose first line starts with begin.
func lastHead(b []byte, begin string) []byte {
	at := bytes.LastIndex(b, []byte(begin))
	if at < 0 {
		return nil
	}
	end := bytes.Index(b[at:], []byte("\r\n\r\n"))
	if end < 0 {
		return nil
	}
	return bytes.Clone(b[at : at+end+4])
}

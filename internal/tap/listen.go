package tap

import (
	"bytes"
	"context"
	"maps"
	"net"
	"net/http"
	"net/textproto"
	"slices"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// maxRawHead bounds what is kept of a head on its way to Hijack. A longer one is rebuilt from what net/http keeps.
const maxRawHead = 64 << 10

// Listen returns l with connections that keep the head of the request in progress and of its response, so that a handshake is
// recorded exactly as it was sent. For TLS, wrap the listener that tls.NewListener returned.
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

// ConnContext is for [http.Server.ConnContext]: with it the tap finds the connection of a request.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// rawHeads returns the connection of r if it came through Listen.
func rawHeads(r *http.Request) *headConn {
	c, _ := r.Context().Value(connKey{}).(*headConn)
	return c
}

// headConn keeps what was read and written since the last exchange began. It has a lock since net/http reads and writes from
// different goroutines.
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

// request returns the head of r as it was read, or nil where it may say something else to another reader than to net/http, which has
// checked it: the head is then the first of several, has line feeds without carriage returns, folded lines or the like.
func (c *headConn) request(r *http.Request) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	head, _, ok := frame.CutHead(c.in)
	if !ok || !sameRequest(head, r) {
		return nil
	}
	return bytes.Clone(head)
}

// sameRequest reports whether head says what net/http has read as r, and nothing else.
func sameRequest(head []byte, r *http.Request) bool {
	line, fields, exact := frame.ParseFields(head)
	if !exact || line != r.Method+" "+r.RequestURI+" "+r.Proto {
		return false
	}
	read := http.Header{}
	host := ""
	for _, f := range fields {
		switch name := textproto.CanonicalMIMEHeaderKey(f.Name); name {
		case "Host":
			host = f.Value
		case "Transfer-Encoding", "Trailer": // net/http takes them out
		default:
			read[name] = append(read[name], f.Value)
		}
	}
	return host == r.Host && maps.EqualFunc(read, r.Header, slices.Equal)
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

// response returns the head of the 101 that was written, or nil, and frees what was kept: it is called once, when the connection
// is hijacked.
func (c *headConn) response() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	head := switching(c.out)
	c.in, c.out = nil, nil
	return head
}

// switching returns a copy of the head of a 101 response, if b begins with one, behind interim responses at most.
func switching(b []byte) []byte {
	for {
		head, rest, ok := frame.CutHead(b)
		switch {
		case !ok || !bytes.HasPrefix(head, []byte("HTTP/1.1 1")):
			return nil
		case bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")):
			return bytes.Clone(head)
		}
		b = rest
	}
}

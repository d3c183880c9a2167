package forward

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/server/gateway"
	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/internal/tcpend"
)

// Time limits and bounds of what is not decided yet.
const (
	requestTimeout = 10 * time.Second
	firstByte      = 500 * time.Millisecond
	idleTimeout    = 2 * time.Minute
	maxHead        = 64 << 10
	maxTunnels     = 1000
)

// Options are what a forward proxy needs to know.
type Options struct {
	Authority *Authority                                     // signs for the hosts whose TLS is read; required
	Tap       func(name string, h http.Handler) http.Handler // returns h with its WebSocket connections recorded; required
	Upstream  proxy.Options                                  // how destinations are reached; Address and KeepHost are set here
	User      string                                         // credentials that clients must give; "" for none
	Password  string                                         //
	HTTP2     bool                                           // clients may speak HTTP/2 inside of TLS, WebSockets included (RFC 8441)
	Only      Patterns                                       // hosts whose TLS is read; none means all
	Pass      Patterns                                       // hosts whose TLS is never read
	Notice    func(host, sentence string)                    // is called once for each host that passes from now on, and when a host's certificate is not accepted; nil for none
}

// Proxy is a forward proxy. Its methods may be called from any goroutine.
type Proxy struct {
	o       Options
	hosts   hosts
	front   *http.Server     // reads CONNECT and requests in absolute form
	inner   *http.Server     // reads what is inside of tunnels
	over2   *http.Server     // reads the WebSockets inside of HTTP/2; nil without it
	streams *gateway.Gateway // of over2
	queue   *queue           // tunnels on their way to inner
	slots   chan struct{}

	mu   sync.Mutex
	open map[net.Conn]struct{} // that no server has
	over bool
	live sync.WaitGroup
}

// New returns a proxy. Close it.
func New(o Options) *Proxy {
	p := &Proxy{o: o, open: map[net.Conn]struct{}{}, queue: newQueue(), slots: make(chan struct{}, maxTunnels)}
	p.hosts = hosts{byName: map[string]*Host{}, known: map[destination]*proxy.Proxy{}, make: p.reach}
	server := func(h http.Handler) *http.Server {
		return &http.Server{
			Handler: h, ReadHeaderTimeout: requestTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHead,
			ErrorLog:                     log.New(io.Discard, "", 0), // the words would be a stranger's
			DisableGeneralOptionsHandler: true,
		}
	}
	p.front, p.inner = server(http.HandlerFunc(p.ask)), server(http.HandlerFunc(p.inside))
	p.inner.ConnContext = connContext
	if o.HTTP2 {
		p.streams = gateway.New("https")
		p.over2 = server(p.inner.Handler)
		p.over2.ConnContext = connContext
		gateway.Configure(p.inner)
		p.inner.Handler = p.streams.Handler(p.inner.Handler)
	}
	return p
}

// reach returns the proxy that passes requests on to a destination.
func (p *Proxy) reach(d destination) *proxy.Proxy {
	o := p.o.Upstream
	o.Address, o.KeepHost = d.address, true
	o.Reached = func(err error) { p.reached(d.host, err) }
	return proxy.New(d.target(), o)
}

// reached notes why a host could not be reached, or that it was. A certificate that is not accepted is a notice, once until the host is reached
// or the reason is another: what the client sees then is a page of ours with status 502, or nothing, when it is no page that fails.
func (p *Proxy) reached(host string, err error) {
	text, news := "", false
	if err != nil {
		text = err.Error()
	}
	p.hosts.count(host, func(h *Host) { news, h.Failed = h.Name != "" && h.Failed != text, text })
	var unverified *tls.CertificateVerificationError
	if news && errors.As(err, &unverified) && p.o.Notice != nil {
		p.o.Notice(host, fmt.Sprintf("its certificate is not accepted (%v); -insecure-upstream accepts any", unverified.Err))
	}
}

// Hosts returns what has passed, by host.
func (p *Proxy) Hosts() []Host { return p.hosts.list() }

// Serve accepts clients until l is closed or Close is called, and returns nil then.
func (p *Proxy) Serve(l net.Listener) error {
	fronts := newQueue()
	defer fronts.close()
	p.live.Go(func() { _ = p.inner.Serve(tap.Listen(p.queue)) }) // close ends it
	p.live.Go(func() { _ = p.front.Serve(fronts) })
	if p.over2 != nil {
		p.live.Go(func() { _ = p.over2.Serve(tap.Listen(p.streams)) })
	}
	for {
		c, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			return err
		}
		select {
		case p.slots <- struct{}{}:
			go p.first(&slotted{Conn: c, free: sync.OnceFunc(func() { <-p.slots })}, fronts)
		default:
			_ = tcpend.Reset(c) // more clients than are served at once
		}
	}
}

// first looks at the first byte of a client: 5 begins SOCKS5, anything else is HTTP.
func (p *Proxy) first(c net.Conn, fronts *queue) {
	if !p.keep(c) {
		_ = c.Close() // the program ends
		return
	}
	_ = c.SetReadDeadline(time.Now().Add(requestTimeout))
	one := make([]byte, 1)
	if _, err := io.ReadFull(c, one); err != nil {
		p.drop(c)
		return
	}
	_ = c.SetReadDeadline(time.Time{})
	again := proxy.Replay(c, one)
	if one[0] == socksVersion {
		p.socks(again)
		return
	}
	p.release(c)
	fronts.put(again)
}

// keep notes a connection that no server closes, unless the proxy is closed.
func (p *Proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return false
	}
	p.open[tcpend.TCP(c)] = struct{}{}
	return true
}

// release forgets a connection that is closed, or that a server has now.
func (p *Proxy) release(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, tcpend.TCP(c))
}

// drop closes a connection.
func (p *Proxy) drop(c net.Conn) {
	p.release(c)
	_ = c.Close() // there is nothing left to say
}

// Close ends every connection, WebSockets in good order until ctx ends and all others at once. The listener is the caller's.
func (p *Proxy) Close(ctx context.Context) {
	p.mu.Lock()
	p.over = true
	for c := range p.open {
		_ = c.Close() // the reader sees the end
	}
	p.mu.Unlock()
	p.hosts.close(ctx)
	p.queue.close()
	_ = p.front.Close()
	_ = p.inner.Close()
	if p.over2 != nil {
		_ = p.streams.Close() // over2 may not serve it yet
		_ = p.over2.Close()
	}
}

// queue is a listener whose connections are put into it.
type queue struct {
	conns chan net.Conn
	done  chan struct{}
	close func()
}

func newQueue() *queue {
	q := &queue{conns: make(chan net.Conn), done: make(chan struct{})}
	q.close = sync.OnceFunc(func() { close(q.done) })
	return q
}

// put hands a connection to the server that accepts from q. It closes it when there is none any more.
func (q *queue) put(c net.Conn) {
	select {
	case q.conns <- c:
	case <-q.done:
		_ = c.Close() // the program ends
	}
}

// Accept returns the next connection.
func (q *queue) Accept() (net.Conn, error) {
	select {
	case c := <-q.conns:
		return c, nil
	case <-q.done:
		return nil, net.ErrClosed
	}
}

// Close ends the queue.
func (q *queue) Close() error {
	q.close()
	return nil
}

// Addr returns an address that says what the listener is.
func (q *queue) Addr() net.Addr { return &net.UnixAddr{Name: "tunnels", Net: "unix"} }

// slotted frees its slot when it is closed.
type slotted struct {
	net.Conn
	free func()
}

// Close closes the connection.
func (s *slotted) Close() error {
	s.free()
	return s.Conn.Close()
}

// Reset closes the connection with a reset.
func (s *slotted) Reset() error {
	s.free()
	return tcpend.Reset(s.Conn)
}

// CloseWrite ends the sending direction.
func (s *slotted) CloseWrite() error { return tcpend.CloseWrite(s.Conn) }

// NetConn returns the connection beneath.
func (s *slotted) NetConn() net.Conn { return s.Conn }

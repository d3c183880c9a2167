package forward

import (
	"bytes"
	"context"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/internal/tcpend"
)

// MagicHost is the host whose pages the proxy itself answers, for clients that must be given the authority's certificate. No such
// name can be registered (RFC 6761 section 6.4).
const MagicHost = "tetherscope.invalid"

// established is the answer to CONNECT.
const established = "HTTP/1.1 200 Connection established\r\n\r\n"

// ask answers what clients ask of the proxy itself.
func (p *Proxy) ask(w http.ResponseWriter, r *http.Request) {
	proxied := r.Method == http.MethodConnect || r.URL.IsAbs()
	switch {
	case !proxied:
		refuse(w, http.StatusBadRequest, "This is a proxy for programs that are set to use it: set it as HTTP or SOCKS5 proxy, and open http://"+MagicHost+"/ through it.")
	case !p.authorized(r):
		w.Header().Set("Proxy-Authenticate", `Basic realm="tetherscope"`)
		refuse(w, http.StatusProxyAuthRequired, "This proxy wants a user name and a password.")
	case r.Method == http.MethodConnect:
		p.connect(w, r)
	default:
		p.absolute(w, r)
	}
}

// authorized reports whether a request has the credentials that the proxy wants.
func (p *Proxy) authorized(r *http.Request) bool {
	if p.o.User == "" {
		return true
	}
	probe := http.Request{Header: http.Header{"Authorization": r.Header.Values("Proxy-Authorization")}}
	user, password, ok := probe.BasicAuth()
	return ok && p.credentials(user, password)
}

// credentials compares without a difference in time that tells how much of them is right.
func (p *Proxy) credentials(user, password string) bool {
	a, b := subtle.ConstantTimeCompare([]byte(user), []byte(p.o.User)), subtle.ConstantTimeCompare([]byte(password), []byte(p.o.Password))
	return a&b == 1
}

// connect opens a tunnel.
func (p *Proxy) connect(w http.ResponseWriter, r *http.Request) {
	host, address, err := parseAddress(r.Host, "")
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	c, brw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // the client is gone
	}
	_ = c.SetDeadline(time.Time{}) // net/http's
	early, _ := brw.Peek(brw.Reader.Buffered())
	if !p.keep(c) {
		_ = c.Close() // the program ends
		return
	}
	if _, err := c.Write([]byte(established)); err != nil {
		p.drop(c)
		return
	}
	p.tunnel(proxy.Replay(c, bytes.Clone(early)), destination{"", host, address})
}

// absolute passes on a request in absolute form, which is how clients ask a proxy for http URLs.
func (p *Proxy) absolute(w http.ResponseWriter, r *http.Request) {
	if strings.EqualFold(r.URL.Hostname(), MagicHost) {
		p.magic(w, r)
		return
	}
	if r.URL.Scheme != "http" && r.URL.Scheme != "ws" {
		refuse(w, http.StatusBadRequest, "The scheme "+r.URL.Scheme+" is not passed on in this form; ask for a tunnel by CONNECT.")
		return
	}
	host, address, err := parseAddress(r.URL.Host, "80")
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	r.Header.Del("Proxy-Connection")
	r.Header.Del("Proxy-Authorization")
	r.RequestURI = r.URL.RequestURI()
	r.URL.Scheme, r.URL.Host = "", ""
	p.serve(w, r, destination{"http", host, address})
}

// inside answers a request in a tunnel.
func (p *Proxy) inside(w http.ResponseWriter, r *http.Request) {
	d, ok := r.Context().Value(destinationKey{}).(destination)
	if !ok {
		refuse(w, http.StatusInternalServerError, "The tunnel of this request is not known.")
		return
	}
	if strings.EqualFold(d.host, MagicHost) {
		p.magic(w, r)
		return
	}
	p.serve(w, r, d)
}

// serve passes a request on to its destination, a WebSocket handshake with a record.
func (p *Proxy) serve(w http.ResponseWriter, r *http.Request, d destination) {
	to := p.hosts.proxy(d)
	if proxy.IsHandshake(r) {
		p.hosts.count(d.host, func(h *Host) { h.Sockets++ })
		p.o.Tap(d.target().Name, to).ServeHTTP(w, r)
		return
	}
	p.hosts.count(d.host, func(h *Host) { h.Requests++ })
	to.ServeHTTP(w, r)
}

// magic answers for the proxy's own host: what it is, and the authority's certificate.
func (p *Proxy) magic(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch r.URL.Path {
	case "/":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(magicPage)) // the client may be gone
	case "/ca.pem":
		w.Header().Set("Content-Type", "application/x-pem-file")
		w.Header().Set("Content-Disposition", `attachment; filename="tetherscope-ca.pem"`)
		_, _ = w.Write(p.o.Authority.PEM())
	default:
		http.NotFound(w, r)
	}
}

const magicPage = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Tetherscope proxy</title>
<h1>Tetherscope proxy</h1>
<p>This client uses the proxy. For it to read <code>https</code> and <code>wss</code>, the client must trust the certificate of this run:</p>
<p><a href="/ca.pem">ca.pem</a></p>
<p>The key of that certificate is in the memory of the program and ends with it. Remove the certificate when you have finished.</p>
`

type destinationKey struct{}

// connContext adds the destination of the tunnel that c comes from, and what the tap needs.
func connContext(ctx context.Context, c net.Conn) context.Context {
	return tap.ConnContext(withDestination(ctx, c), c)
}

// withDestination adds the destination of the tunnel that c comes from, or of the HTTP/2 connection in it that c is a stream of.
func withDestination(ctx context.Context, c net.Conn) context.Context {
	for {
		switch t := c.(type) {
		case *tunnelConn:
			return context.WithValue(ctx, destinationKey{}, t.to)
		case interface{ Value(key any) any }:
			return context.WithValue(ctx, destinationKey{}, t.Value(destinationKey{}))
		}
		wrapper, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return ctx
		}
		c = wrapper.NetConn()
	}
}

// tunnelConn is a client's side of a tunnel whose content is HTTP.
type tunnelConn struct {
	net.Conn
	to destination
}

// CloseWrite ends the sending direction.
func (t *tunnelConn) CloseWrite() error { return tcpend.CloseWrite(t.Conn) }

// Reset closes the connection with a reset.
func (t *tunnelConn) Reset() error { return tcpend.Reset(t.Conn) }

// NetConn returns the connection beneath.
func (t *tunnelConn) NetConn() net.Conn { return t.Conn }

func refuse(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Connection", "close")
	http.Error(w, sentence, status)
}

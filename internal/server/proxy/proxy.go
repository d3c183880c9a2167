package proxy

import (
	"cmp"
	"context"
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/origin"
)

// ErrorField is the header field of an answer that the proxy gave in place of its target, so that a record of the
// handshake says why it failed.
const ErrorField = "Tetherscope-Proxy-Error"

// Options are what a proxy needs to know beside its target.
type Options struct {
	TLS           *tls.Config     // for wss and https targets; nil: the system's roots. ServerName and NextProtos are set here
	Trust         *tls.Config     // in place of TLS for this target, and not for those to which a rule redirects; nil for TLS
	RewriteOrigin bool            // the Origin of the target's own pages, as they have it through the proxy, becomes the target's own
	HTTP2         bool            // offer servers HTTP/2 inside of TLS, WebSockets included where they take them (RFC 8441)
	Scheme        string          // of the proxy's own URLs, "http" or "https"; "" means "http"
	OwnPorts      map[uint16]bool // ports of this machine that are never dialled; see [ErrOwnPort]

	// Own reports further such ports, at each dial, by any goroutine; nil for none.
	Own func(port uint16) bool

	// Named returns the target of a name, for rules that redirect a handshake; nil for none.
	Named func(name string) (Target, bool)

	// What a forward proxy needs, which has a Proxy for each server that its clients name.
	Address  string   // host:port to dial in place of the target's own, whose name is what its certificate must bear; "" for that
	KeepHost bool     // the Host field stays as the client gave it
	Through  *Through // another proxy, by which the target is reached; nil for none

	Head func(head []byte) []byte // returns the head of the handshake that is sent to the target, for the client's; nil for that

	Reached func(err error) // is called after each attempt to reach the target, with nil when it succeeded; nil for none

	// Refused is called for each handshake that the target answered with another status than 101; nil for none.
	Refused func(r *http.Request, status int)

	// Explain says for people why the target was not reached; nil for the error's own text.
	Explain func(err error) string

	public *atomic.Bool // set once the target was reached at an address of the internet; see [ErrMoved]. New makes it
}

// Proxy passes requests on to one target. Its methods may be called from any goroutine.
type Proxy struct {
	target  Target
	options Options
	tls     *tls.Config // for pages, and for WebSockets unless http1Only
	http1   *tls.Config // offers HTTP/1.1 alone
	pages   *httputil.ReverseProxy
	carrier *http.Transport

	http1Only atomic.Bool // the target speaks HTTP/2 and offers no WebSockets over it

	mu     sync.Mutex
	open   map[*relay]struct{}
	over   bool
	relays sync.WaitGroup
}

// New returns a proxy in front of t. Close it, even when it served nothing.
func New(t Target, o Options) *Proxy {
	p := &Proxy{target: t, options: o, open: map[*relay]struct{}{}}
	p.options.public = new(atomic.Bool)
	p.secure(cmp.Or(o.Trust, o.TLS))
	p.carrier = p.transport()
	p.pages = &httputil.ReverseProxy{
		Rewrite: p.rewrite, Transport: p.carrier, FlushInterval: -1, ErrorHandler: p.failed,
		ErrorLog: log.New(io.Discard, "", 0), // the words would be a stranger's
	}
	return p
}

// secure sets how TLS is spoken with the target: as config says, nil for the system's roots.
func (p *Proxy) secure(config *tls.Config) {
	p.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	if config != nil {
		p.tls = config.Clone()
	}
	p.tls.ServerName = p.target.hostname()
	p.tls.NextProtos = []string{"http/1.1"}
	p.http1 = p.tls.Clone()
	if p.options.HTTP2 {
		p.tls.NextProtos = []string{"h2", "http/1.1"}
	}
}

// ServeHTTP passes a request on.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !strings.HasPrefix(r.RequestURI, "/"): // absolute-form, authority-form (CONNECT), "*"
		refuse(w, http.StatusBadRequest, "This proxy has one target, "+p.target.String()+
			". Ask it for a path, as you would the target: it is no forward proxy.")
	case p.target.Path != "" && r.URL.EscapedPath() != p.target.Path:
		refuse(w, http.StatusNotFound, "Only "+p.target.Path+" is passed on to "+p.target.Host+
			". For all of its paths, start with -target "+p.target.Name+"="+p.target.Scheme+"://"+p.target.Host)
	case IsHandshake(r):
		p.socket(w, r)
	default:
		p.page(w, r)
	}
}

// rewritesOrigin reports whether the Origin of r becomes the target's: that of the target's pages, as the proxy serves them.
// Any other page keeps its own, so that the target can refuse it.
func (p *Proxy) rewritesOrigin(r *http.Request) bool {
	fields := r.Header.Values("Origin")
	scheme := cmp.Or(p.options.Scheme, "http")
	return p.options.RewriteOrigin && len(fields) == 1 && strings.EqualFold(fields[0], origin.Serialize(scheme, r.Host))
}

// IsHandshake reports whether a request wants to become a WebSocket connection, however wrong the rest of it may be.
func IsHandshake(r *http.Request) bool {
	return frame.HasToken(r.Header["Connection"], "upgrade") && frame.HasToken(r.Header["Upgrade"], "websocket")
}

// Close ends every connection: both sides get a FIN behind what was passed on, and a second to end theirs. It returns
// when all is closed, or at the end of ctx, at which it resets what is left. Later handshakes are refused.
func (p *Proxy) Close(ctx context.Context) { p.close(ctx, "") }

// CloseBecause is Close on the order of a person: the ends of the connections are marked as made by this program, and say why.
func (p *Proxy) CloseBecause(ctx context.Context, why string) { p.close(ctx, why) }

func (p *Proxy) close(ctx context.Context, why string) {
	p.mu.Lock()
	p.over = true
	for r := range p.open {
		if tapped, ok := r.client.(interface{ EndsBecause(how string) }); ok && why != "" {
			tapped.EndsBecause(why)
		}
		r.drain()
	}
	p.mu.Unlock()
	done := make(chan struct{})
	go func() {
		p.relays.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		p.mu.Lock()
		for r := range p.open {
			r.abort()
		}
		p.mu.Unlock()
		<-done
	}
	p.carrier.CloseIdleConnections()
}

// Open returns how many WebSocket connections are open.
func (p *Proxy) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open)
}

// begin registers a relay, unless the proxy is closed.
func (p *Proxy) begin(r *relay) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return false
	}
	p.open[r] = struct{}{}
	p.relays.Add(1)
	return true
}

func (p *Proxy) end(r *relay) {
	p.mu.Lock()
	delete(p.open, r)
	p.mu.Unlock()
	p.relays.Done()
}

// failed answers for a target that cannot be asked.
func (p *Proxy) failed(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the client is gone
	}
	why := err.Error()
	if p.options.Explain != nil {
		why = p.options.Explain(err)
	}
	text := "The target " + p.target.Name + " (" + p.target.String() + ") cannot be reached: " + why
	w.Header().Set(ErrorField, strings.Map(printable, text))
	refuse(w, http.StatusBadGateway, text)
}

// printable maps what a header field cannot hold to a space.
func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return ' '
	}
	return r
}

// refuse answers with a status and a sentence. The connection is not reused: what follows may not be a request.
func refuse(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Connection", "close")
	http.Error(w, sentence, status)
}

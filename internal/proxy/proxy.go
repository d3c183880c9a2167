package proxy

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
)

// ErrorField is the header field of an answer that the proxy gave in place of its target, so that a record of the
// handshake says why it failed.
const ErrorField = "Tetherscope-Proxy-Error"

// Options are what a proxy needs to know beside its target.
type Options struct {
	TLS           *tls.Config     // for wss and https targets; nil: the system's roots. ServerName and NextProtos are set here
	RewriteOrigin bool            // Origin, where there is one, becomes the target's own
	OwnPorts      map[uint16]bool // ports of this machine that are never dialled; see [ErrOwnPort]
}

// Proxy passes requests on to one target. Its methods may be called from any goroutine.
type Proxy struct {
	target  Target
	options Options
	tls     *tls.Config
	pages   *httputil.ReverseProxy
	carrier *http.Transport

	mu     sync.Mutex
	open   map[*relay]struct{}
	over   bool
	relays sync.WaitGroup
}

// New returns a proxy in front of t. Close it, even when it served nothing.
func New(t Target, o Options) *Proxy {
	p := &Proxy{target: t, options: o, open: map[*relay]struct{}{}, tls: &tls.Config{MinVersion: tls.VersionTLS12}}
	if o.TLS != nil {
		p.tls = o.TLS.Clone()
	}
	p.tls.ServerName = t.hostname()
	p.tls.NextProtos = []string{"http/1.1"} // a WebSocket over HTTP/2 is another protocol
	p.carrier = p.transport()
	p.pages = &httputil.ReverseProxy{
		Rewrite: p.rewrite, Transport: p.carrier, FlushInterval: -1, ErrorHandler: p.failed,
		ErrorLog: log.New(io.Discard, "", 0), // the words would be a stranger's
	}
	return p
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

// IsHandshake reports whether a request wants to become a WebSocket connection, however wrong the rest of it may be.
func IsHandshake(r *http.Request) bool {
	return hasToken(r.Header["Connection"], "upgrade") && hasToken(r.Header["Upgrade"], "websocket")
}

// hasToken reports whether a token is in a list of tokens, whatever its case (RFC 9110 section 5.6.1).
func hasToken(fields []string, token string) bool {
	for _, field := range fields {
		for t := range strings.SplitSeq(field, ",") {
			if strings.EqualFold(strings.TrimSpace(t), token) {
				return true
			}
		}
	}
	return false
}

// Close ends every connection: both sides get a FIN behind what was passed on, and a second to end theirs. It returns
// when all is closed, or at the end of ctx, at which it resets what is left. Later handshakes are refused.
func (p *Proxy) Close(ctx context.Context) {
	p.mu.Lock()
	p.over = true
	for r := range p.open {
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
	text := "The target " + p.target.Name + " (" + p.target.String() + ") cannot be reached: " + err.Error()
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

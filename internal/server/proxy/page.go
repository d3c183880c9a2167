package proxy

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"time"
)

// idleTarget is how long a connection for ordinary HTTP waits for the next request.
const idleTarget = 30 * time.Second

// transport returns what carries ordinary HTTP. Whatever address net/http derives from a request, it is the target that
// is dialled.
func (p *Proxy) transport() *http.Transport {
	toTarget := func(ctx context.Context, _, _ string) (net.Conn, error) {
		c, _, err := p.dial(ctx, p.tls)
		return c, err
	}
	return &http.Transport{
		Proxy:                  nil, // not even the environment sends us elsewhere
		DialContext:            toTarget,
		DialTLSContext:         toTarget,
		ForceAttemptHTTP2:      p.options.HTTP2,
		DisableCompression:     true, // bodies pass as they came
		MaxIdleConns:           16,
		IdleConnTimeout:        idleTarget,
		MaxResponseHeaderBytes: maxHead,
	}
}

// page passes an ordinary request on. Only a WebSocket may leave HTTP, so other upgrades are not even asked for.
func (p *Proxy) page(w http.ResponseWriter, r *http.Request) {
	r.Header.Del("Upgrade")
	p.pages.ServeHTTP(w, r)
}

// rewrite makes the request that the target gets: its own Host, and all else as it came, forwarding fields included.
func (p *Proxy) rewrite(r *httputil.ProxyRequest) {
	r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = p.target.Scheme, p.target.Host, p.target.Host
	if p.options.KeepHost {
		r.Out.Host = r.In.Host
	}
	r.Out.URL.RawQuery = r.In.URL.RawQuery // as it came, where httputil would clean it
	for _, field := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		if values := r.In.Header[field]; values != nil {
			r.Out.Header[field] = values
		}
	}
	if p.rewritesOrigin(r.In) {
		r.Out.Header.Set("Origin", p.target.Origin())
	}
}

package server

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/origin"
)

// Limits of a request, beside the size that http.Server allows its head.
const (
	maxHeaderBytes  = 32 << 10
	maxHeaderFields = 100
)

// access checks requests: Host, Origin, token, and where they come from.
type access struct {
	*origin.Rules
	token string
	keys  *keys
	wide  bool // the user chose an address that other machines reach
}

func newAccess(c Config, token string) *access {
	rules := origin.New(c.scheme(), c.Addr, c.AllowHosts, c.AllowOrigins)
	return &access{Rules: rules, token: token, wide: !origin.Loopback(c.Addr)}
}

// sameMachine refuses requests that this machine did not make itself. It is before every request below /api/, before
// the panel's page and before every request with a one-time key. Other machines are admitted where the user chose an address that they reach; requests
// that a proxy passed on never are: the user chose who reaches the address, and not who reaches the proxy.
func (a *access) sameMachine(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case origin.Forwarded(r):
			refuse(w, http.StatusForbidden, "The panel and the control API are not available through a reverse proxy: call the server's own address. "+
				"From another machine a tunnel such as ssh -L reaches it.")
		case !a.wide && !origin.LoopbackPeer(r):
			refuse(w, http.StatusForbidden, "The panel and the control API are for programs of this machine only.")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// authorized reports whether a request carries the token: in the header field feed.TokenHeader, or as a subprotocol of a
// WebSocket handshake, where a page can set no header field. The comparison takes the same time wherever they differ.
func (a *access) authorized(r *http.Request) bool {
	for _, t := range slices.Concat(r.Header.Values(feed.TokenHeader), offeredTokens(r)) {
		if subtle.ConstantTimeCompare([]byte(t), []byte(a.token)) == 1 {
			return true
		}
	}
	return false
}

// offeredTokens returns the tokens among the subprotocols that a handshake offers.
func offeredTokens(r *http.Request) (tokens []string) {
	for _, field := range r.Header.Values("Sec-WebSocket-Protocol") {
		for p := range strings.SplitSeq(field, ",") {
			if t, ok := strings.CutPrefix(strings.TrimSpace(p), feed.TokenPrefix); ok {
				tokens = append(tokens, t)
			}
		}
	}
	return tokens
}

// allHosts refuses requests with a Host that is not ours, or with more header fields than any client sends.
func (a *access) allHosts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !a.Host(r.Host):
			refuse(w, http.StatusMisdirectedRequest,
				"This server does not answer to that Host. If the name is yours, start it with -allow-host NAME.")
		case headerFields(r.Header) > maxHeaderFields:
			refuse(w, http.StatusRequestHeaderFieldsTooLarge, "The request has more than 100 header fields.")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func headerFields(h http.Header) (n int) {
	for _, values := range h {
		n += len(values)
	}
	return n
}

// ownPages refuses requests from pages of other origins.
func (a *access) ownPages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.Origin(r) {
			refuse(w, http.StatusForbidden,
				"Pages of that Origin may not use this server. If it is yours, start it with -allow-origin ORIGIN.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// withToken refuses requests without the token, and those that a page of another origin caused.
func (a *access) withToken(next http.Handler) http.Handler {
	return a.ownPages(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case origin.CrossSiteWithoutOrigin(r):
			refuse(w, http.StatusForbidden, "The control API is not for pages of another origin.")
		case !a.authorized(r):
			refuse(w, http.StatusForbidden,
				"The token of this run is missing or wrong. GET /api/session gives the current one.")
		default:
			next.ServeHTTP(w, r)
		}
	}))
}

// refuse answers with a status and a sentence. The connection is not reused: what follows may not be a request.
func refuse(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Connection", "close")
	http.Error(w, sentence, status)
}

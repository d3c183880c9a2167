package devserver

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"

	"github.com/tetherscope/tetherscope/internal/visit"
)

// Limits of a request, beside the size that http.Server allows its head.
const (
	maxHeaderBytes  = 32 << 10
	maxHeaderFields = 100
)

// tokenHeader carries the token on requests that are not WebSocket handshakes; tokenProtocol, as a subprotocol, on those
// that are, because a page can set no header field there.
const (
	tokenHeader   = "X-Tetherscope-Token"
	tokenProtocol = "token."
)

// access decides who may ask for what.
type access struct {
	*visit.Rules
	token string
}

func newAccess(c Config, token string) *access {
	return &access{visit.New(c.scheme(), c.Addr, c.AllowHosts, c.AllowOrigins), token}
}

// authorized reports whether a request carries the token. The comparison takes the same time wherever they differ.
func (a *access) authorized(r *http.Request) bool {
	for _, t := range slices.Concat(r.Header.Values(tokenHeader), offeredTokens(r)) {
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
			if t, ok := strings.CutPrefix(strings.TrimSpace(p), tokenProtocol); ok {
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

// withToken refuses requests without the token.
func (a *access) withToken(next http.Handler) http.Handler {
	return a.ownPages(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.authorized(r) {
			refuse(w, http.StatusForbidden,
				"The token of this run is missing or wrong. Reload the panel page: it carries the current one.")
			return
		}
		next.ServeHTTP(w, r)
	}))
}

// refuse answers with a status and a sentence. The connection is not reused: what follows may not be a request.
func refuse(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Connection", "close")
	http.Error(w, sentence, status)
}

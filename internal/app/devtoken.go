package app

import (
	"encoding/json"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/tetherscope/tetherscope/internal/origin"
)

// devTokenTTL is how long a development token is valid.
const devTokenTTL = time.Hour

// DevToken answers POST /app/dev-token with {"user":…} by {"token":…,"user":…}: the login of development, which asks for
// no password. It exists only with [Config.DevTokens], only for requests that come from this machine, and only for
// allowed pages or programs; to everybody else it is not there (404). The body must be JSON: a foreign page cannot send
// that without asking first (CORS), and this server never allows it.
func (a *App) DevToken() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if !a.cfg.DevTokens || !a.sameMachine(r) || origin.CrossSiteWithoutOrigin(r) || !a.origins.Load().allows(r.Header.Values("Origin")) || kind != "application/json" {
			a.deny(w, http.StatusNotFound, "not found")
			return
		}
		var ask struct {
			User string `json:"user"`
		}
		if err := json.NewDecoder(io.LimitReader(r.Body, 4096)).Decode(&ask); err != nil {
			a.deny(w, http.StatusBadRequest, `the body is JSON: {"user":"ada"}`)
			return
		}
		token, err := a.verifier.Issue(ask.User, time.Now(), devTokenTTL)
		if err != nil {
			a.deny(w, http.StatusBadRequest, err.Error())
			return
		}
		a.cfg.Log.Info("development token issued", "user", logged(ask.User))
		answer(w, struct {
			Token string `json:"token"`
			User  string `json:"user"`
		}{token, ask.User})
	})
}

// sameMachine reports whether r came from this machine: over loopback and, if a proxy stands between, for a client on
// loopback too. A proxy that is not trusted could stand for any client, and so could one that does not name its client.
func (a *App) sameMachine(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() || !a.addressOf(r).IsLoopback() {
		return false
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return false // a foreign name whose DNS record points here (rebinding)
	}
	if !origin.Forwarded(r) {
		return true
	}
	return len(r.Header.Values("X-Forwarded-For")) > 0 && within(peer.Addr().Unmap(), a.cfg.TrustedProxies)
}

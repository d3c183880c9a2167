package app

import (
	"encoding/json"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// devTokenTTL is how long a development token is valid.
const devTokenTTL = time.Hour

// DevToken answers POST /app/dev-token with {"user":…} by {"token":…,"user":…}: the login of development, which asks for
// no password. It exists only with [Config.DevTokens], only for requests that come from this machine, and only for
// allowed pages or programs; to everybody else it is not there (404). The body must be JSON: a foreign page cannot send
// that without asking first (CORS), and nobody here says yes.
func (a *App) DevToken() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if !a.cfg.DevTokens || !a.sameMachine(r) || !a.origins.Load().allows(r.Header.Values("Origin")) || kind != "application/json" {
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
// loopback too. A proxy that is not trusted could stand for anybody.
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
		return false // a name that somebody's DNS points here (rebinding)
	}
	forwarded := len(r.Header.Values("X-Forwarded-For"))+len(r.Header.Values("Forwarded")) > 0
	return !forwarded || within(peer.Addr().Unmap(), a.cfg.TrustedProxies)
}

package app

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/apart"
	"github.com/tetherscope/tetherscope/internal/app/auth"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/origin"
	"github.com/tetherscope/tetherscope/internal/wslimit"
	"github.com/tetherscope/tetherscope/wasm/retryhint"
)

// endpoint is what differs between /ws/chat and /ws/bin.
type endpoint struct {
	path         string
	maxBytes     int64
	subprotocols []string
	tokenless    bool // a page of an allowed origin needs no credential
	serve        func(*App, *client, *address)
}

// socket is one handshake on its way to becoming a client.
type socket struct {
	*App
	endpoint
	addr     netip.Addr
	limits   *addresses // of address
	address  *address   // nil until it has been let in
	conn     *websocket.Conn
	wire     *apart.Conn // beneath conn
	identity auth.Identity
	capture  uint32 // number of the connection in a capture, or 0
}

// upgrade returns the handler of an endpoint. Before the upgrade only what protects the server itself is refused, with
// HTTP; everything that a page must be able to explain to its user is a close code after it. The handler returns when it is known who the client is.
func (a *App) upgrade(e endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := a.begin(); err != nil {
			a.refuse(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		s := &socket{App: a, endpoint: e, addr: a.addressOf(r)}
		served := false
		defer func() {
			if !served {
				s.release()
			}
		}()
		if s.enter(w, r) && s.accept(w, r) && s.identify(r) {
			s.capture, served = a.captured(r), true
			apart.Serve(s.release, s.serveClient)
		}
	})
}

// enter counts the handshake against the limits of its address. It has answered when it reports false.
func (s *socket) enter(w http.ResponseWriter, r *http.Request) bool {
	if origin.CrossSite(r) && len(r.Header.Values("Origin")) == 0 {
		s.refuse(w, http.StatusForbidden, "pages of another origin may not use this endpoint")
		return false
	}
	limits := s.addresses
	if !frame.HasToken(r.Header["Upgrade"], "websocket") || !s.Allows(r) {
		limits = s.outside
	}
	address, no := limits.enter(s.addr, time.Now())
	if no != admitted {
		s.cfg.Log.Warn("refused", "address", s.addr, "path", s.path, "cause", string(no))
		s.refuse(w, statusOf(no), string(no))
		return false
	}
	s.limits, s.address = limits, address
	return true
}

// release gives back what the socket has taken, and ends its connection.
func (s *socket) release() {
	defer s.handlers.Done()
	if s.address != nil {
		defer s.limits.leave(s.address)
	}
	if s.conn == nil {
		return
	}
	s.conn.CloseNow()
	s.mu.Lock()
	delete(s.sockets, s.conn)
	s.mu.Unlock()
	s.open.Add(-1)
}

// Allows reports whether r comes from a page of an allowed origin, or from no page.
func (a *App) Allows(r *http.Request) bool { return a.origins.Load().allows(r.Header.Values("Origin")) }

// refuse answers a handshake with HTTP.
func (a *App) refuse(w http.ResponseWriter, status int, why string) {
	a.count.refused(status)
	w.Header().Set("Retry-After", strconv.Itoa(int(a.cfg.DrainSpread/time.Second)+1))
	http.Error(w, why, status)
}

func statusOf(no refusal) int {
	if no == tooMany {
		return http.StatusServiceUnavailable
	}
	return http.StatusTooManyRequests
}

// addressOf returns the address that r came from, through trusted proxies.
func (a *App) addressOf(r *http.Request) netip.Addr {
	remote, _ := netip.ParseAddrPort(r.RemoteAddr) // the zero Addr shares one bucket
	return clientAddress(remote.Addr(), r.Header.Values("X-Forwarded-For"), a.cfg.TrustedProxies)
}

// accept upgrades the connection. coder/websocket answers with HTTP what is no handshake.
func (s *socket) accept(w http.ResponseWriter, r *http.Request) bool {
	wslimit.DropBadOffers(r)
	limits := wslimit.Limits{Message: s.maxBytes, Frames: int64(s.cfg.Limits.Fragments)}
	wire := &apart.ResponseWriter{ResponseWriter: wslimit.Wrap(w, limits)}
	conn, err := websocket.Accept(wire, r, &websocket.AcceptOptions{
		Subprotocols:         s.subprotocols,
		InsecureSkipVerify:   true, // the exact allow-list decides, after the upgrade
		CompressionMode:      websocket.CompressionNoContextTakeover,
		CompressionThreshold: s.cfg.Limits.CompressFrom,
	})
	if err != nil {
		s.count.refused(http.StatusBadRequest)
		s.cfg.Log.Info("refused", "address", s.addr, "path", s.path, "cause", "no WebSocket handshake")
		return false
	}
	conn.SetReadLimit(s.maxBytes)
	s.conn, s.wire = conn, wire.Conn
	s.open.Add(1)
	s.mu.Lock()
	s.sockets[s.conn] = struct{}{}
	s.mu.Unlock()
	return true
}

// identify finds out who the client is. It has closed the connection when it reports false.
func (s *socket) identify(r *http.Request) bool {
	id, v := s.admit(r)
	if v.code == 0 {
		s.identity = id
		return true
	}
	s.cfg.Log.Warn("refused", "address", s.addr, "path", s.path, "code", int(v.code), "cause", v.cause,
		"origin", logged(r.Header.Get("Origin")))
	s.count.closed("server", int(v.code))
	s.conn.Close(v.code, v.reason) //nolint:errcheck // it may be gone already
	return false
}

// captured returns the number that the connection has in a capture, or 0.
func (a *App) captured(r *http.Request) uint32 {
	if a.cfg.Capture == nil {
		return 0
	}
	return a.cfg.Capture(r)
}

// serveClient serves a client, and ends it when its token does.
func (s *socket) serveClient() {
	id := s.identity
	c := &client{
		id: newID(), identity: id, conn: s.conn, wire: s.wire, limits: s.cfg.Limits, timeout: s.cfg.WriteTimeout,
		beat: s.cfg.Heartbeat, count: s.count, opened: time.Now(), capture: s.capture,
	}
	if !id.Expires.IsZero() {
		t := time.AfterFunc(time.Until(id.Expires), func() { c.finish(codeInvalidToken, tokenExpired) })
		defer t.Stop()
	}
	stopPings := c.keepAlive()
	s.cfg.Log.Info("connected", "client", c.id, "user", logged(id.User), "address", s.addr, "path", s.path)
	s.accepted.add(c)
	defer s.accepted.remove(c)
	s.endIfDecided(c)
	s.serve(s.App, c, s.address)
	stopPings()
	c.stop()
}

// endIfDecided ends c at once if the node drains, or if its token was revoked while it connected: Drain and logout do not
// see a client that registers after them.
func (a *App) endIfDecided(c *client) {
	if v := a.checkRevoked(c.identity.Token); v.code != 0 {
		c.finish(v.code, v.reason)
	}
	a.mu.Lock()
	draining := a.draining
	a.mu.Unlock()
	if draining {
		c.finish(websocket.StatusServiceRestart, retryhint.After(a.cfg.DrainSpread))
	}
}

// read calls handle for every message until the connection ends, and logs how it did. It holds the client to the limits
// that every endpoint has.
func (a *App) read(c *client, from *address, path string, handle func(websocket.MessageType, []byte)) {
	w := newWindow(a.cfg.Limits.Messages, a.cfg.Limits.Period)
	if a.cfg.IdleTimeout > 0 {
		idle := time.AfterFunc(a.cfg.IdleTimeout, func() { c.finish(websocket.StatusGoingAway, "Idle") })
		defer idle.Stop()
		inner := handle
		handle = func(t websocket.MessageType, b []byte) {
			idle.Reset(a.cfg.IdleTimeout)
			inner(t, b)
		}
	}
	for {
		kind, b, err := nextMessage(context.Background(), c.conn)
		if err != nil {
			if code, reason := closeCodeFor(err); code != 0 {
				c.finish(code, reason)
			}
			a.logClosed(c, path, err)
			return
		}
		if c.ended() != nil {
			continue // what comes after the server decided to end it is read for the closing handshake only
		}
		c.in.Add(1)
		a.count.in(len(b))
		now := time.Now()
		switch {
		case !w.allow(now) || !from.messages.AllowN(now, 1):
			c.finish(codeRateLimit, "Rate limit exceeded")
		case kind == websocket.MessageText && !validText(b):
			c.finish(websocket.StatusInvalidFramePayloadData, "text is not UTF-8")
		default:
			handle(kind, b)
		}
	}
}

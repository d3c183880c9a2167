package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/app/auth"
	"github.com/tetherscope/tetherscope/internal/app/broker"
	"github.com/tetherscope/tetherscope/wasm/chat"
	"github.com/tetherscope/tetherscope/wasm/retryhint"
)

// App is the example application of one node. Its methods may be called by many goroutines.
type App struct {
	cfg       Config
	verifier  *auth.Verifier
	addresses *addresses
	outside   *addresses // what no page of ours and no client sent, which must not use up the limits of those
	clients   *registry  // of the chat: the receivers of messages
	accepted  *registry  // of every endpoint: the clients that a drain or a logout ends
	revoked   revoked
	count     *counters
	origins   atomic.Pointer[origins]
	open      atomic.Int64 // connections, accepted or not yet

	mu       sync.Mutex
	draining bool
	handlers sync.WaitGroup
	gap      *broker.Gap                  // the gap that lasts, or nil
	sockets  map[*websocket.Conn]struct{} // every upgraded connection, for Close
}

// New makes an App and joins its broker. It returns an error when cfg is not valid or the broker cannot be reached.
func New(cfg Config) (*App, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	v, err := auth.NewVerifier(auth.Options{Keys: cfg.Keys, Audience: cfg.Audience, Issuer: cfg.Issuer})
	if err != nil {
		return nil, err
	}
	a := &App{
		cfg: cfg, verifier: v, addresses: newAddresses(cfg.Limits), outside: newAddresses(cfg.Limits), clients: newRegistry(), accepted: newRegistry(),
		count: newCounters(cfg.Metrics), sockets: map[*websocket.Conn]struct{}{},
	}
	a.origins.Store(&origins{})
	if err := a.AllowOrigin(cfg.Origins...); err != nil {
		return nil, err
	}
	if cfg.Revoked != "" {
		if err := a.revoked.open(cfg.Revoked, time.Now()); err != nil {
			return nil, fmt.Errorf("app: %w", err)
		}
	}
	a.count.gauges(a)
	if err := cfg.Broker.Start(cfg.Node, sink{a}); err != nil {
		return nil, errors.Join(fmt.Errorf("app: %w", err), a.revoked.close())
	}
	return a, nil
}

// AllowOrigin adds to the origins whose pages may connect, for a server that learns its own address when it listens. It
// returns an error for what no browser would send, and then adds nothing.
func (a *App) AllowOrigin(list ...string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	next := maps.Clone(*a.origins.Load())
	for _, o := range list {
		if err := checkOrigin(o); err != nil {
			return err
		}
		next[o] = true
	}
	a.origins.Store(&next)
	return nil
}

// Handler serves every endpoint of the package doc by its path.
func (a *App) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /ws/chat", a.Chat())
	mux.Handle("GET /ws/bin", a.Binary())
	mux.Handle("POST /app/ticket", a.Ticket())
	mux.Handle("POST /app/dev-token", a.DevToken())
	return mux
}

// Drain disconnects all clients: new handshakes get HTTP 503, and each client is closed with 1012 and a retry hint of its own,
// so that they do not all reconnect at once. It returns when all are gone or ctx ends. The broker stays joined until
// [App.Close].
func (a *App) Drain(ctx context.Context) error {
	a.mu.Lock()
	a.draining = true
	a.mu.Unlock()
	a.cfg.Log.Info("draining", "clients", a.accepted.len())
	spread := retryhint.Spread(a.cfg.DrainSpread)
	a.accepted.each(func(c *client) { c.finish(websocket.StatusServiceRestart, spread.Next()) })
	done := make(chan struct{})
	go func() {
		a.handlers.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("app: %d clients have not left: %w", a.accepted.len(), ctx.Err())
	}
}

// Close ends every connection at once, without a closing handshake, and leaves the broker. Call [App.Drain] before it.
func (a *App) Close() error {
	a.mu.Lock()
	a.draining = true
	for c := range a.sockets {
		go c.CloseNow()
	}
	a.mu.Unlock()
	a.handlers.Wait()
	return errors.Join(a.cfg.Broker.Close(), a.revoked.close())
}

// errDraining refuses handshakes while the node drains.
var errDraining = errors.New("this server is restarting")

// begin counts a handler that Close and Drain wait for. The caller calls a.handlers.Done when it returned nil.
func (a *App) begin() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.draining {
		return errDraining
	}
	a.handlers.Add(1)
	return nil
}

// sink is the side of an App that its broker sees.
type sink struct{ *App }

// DeliverAll sends to every client of this node.
func (s sink) DeliverAll(message []byte) {
	if s.receiveLogout(message) {
		return
	}
	s.clients.each(func(c *client) { c.sendText(message) })
}

// DeliverOne sends to one client of this node, if it is still here.
func (s sink) DeliverOne(id string, message []byte) {
	if c := s.clients.find(id); c != nil {
		c.sendText(message)
	}
}

// Missing reports a gap to every client, and to those that connect while it lasts.
func (s sink) Missing(g broker.Gap) {
	s.mu.Lock()
	s.gap = nil
	if g.Until.IsZero() {
		s.gap = &g
		s.count.gaps.Inc()
	}
	s.mu.Unlock()
	s.count.missed.Add(int(g.Missed))
	s.cfg.Log.Warn("broker gap", "since", g.Since, "lasts", g.Until.IsZero(), "missed", g.Missed)
	s.DeliverAll(gapMessage(g))
}

// gapMessage is the message that reports g to clients.
func gapMessage(g broker.Gap) []byte {
	m := chat.Gap{
		Message: "Messages from other servers are missing", Since: g.Since.UnixMilli(), Missed: g.Missed, Timestamp: time.Now().UnixMilli(),
	}
	if !g.Until.IsZero() {
		m.Until = g.Until.UnixMilli()
	}
	return envelope(chat.TypeGap, m)
}

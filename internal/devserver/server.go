package devserver

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/control"
	"github.com/tetherscope/tetherscope/internal/hub"
	"github.com/tetherscope/tetherscope/internal/rebuild"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/wasm/tether/resumeserver"
)

// Time limits of the HTTP server. WebSocket connections and event streams are beyond their reach once they are open.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 60 * time.Second
	drainTimeout      = 5 * time.Second // for sockets to close with 1001
)

// Server is a development server. Make one with [New].
type Server struct {
	cfg      Config
	token    string
	hub      *hub.Hub
	tap      *tap.Tap
	sockets  sockets
	sessions *resumeserver.Server
	stats    *stats
	events   events
	tour     tour
	doors    doors
	app      *app.App
	handler  http.Handler
}

// New returns a server that does not listen yet. With a broker in Config.App it joins the other nodes, and fails when it
// cannot; the server must then be served, which is what leaves them again.
func New(cfg Config) (*Server, error) {
	if cfg.Assets == nil {
		return nil, errors.New("devserver: Config.Assets is missing")
	}
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, token: rand.Text(), hub: hub.New(cfg.RingSize)}
	s.stats = newStats(s.hub, &s.sockets)
	s.tap = tap.New(tap.Config{Sink: &recorder{hub: s.hub, stats: s.stats}})
	s.tap.Arm(cfg.Faults)
	s.stats.watch(s.tap)
	s.sockets.limit = cfg.MaxSockets
	s.sessions = newSessions(cfg)
	var err error
	if s.app, err = newApplication(cfg, s.stats); err != nil {
		return nil, err
	}
	s.handler = s.routes()
	return s, nil
}

// routes is the table of endpoints and of what each asks of a request. The tap is outside of every check, so that refused
// handshakes are recorded as well.
func (s *Server) routes() http.Handler {
	who := newAccess(s.cfg, s.token)
	tapped := map[string]http.Handler{}
	for path, serve := range map[string]http.HandlerFunc{"/ws/echo": s.echo, "/ws/demo": s.demo, "/ws/resume": s.resume} {
		tapped[path] = s.watch(path, who.allHosts(who.ownPages(serve)))
	}
	mux := http.NewServeMux()
	s.mountApplication(tapped, mux, who)
	mux.Handle("GET /api/tap", who.withToken(http.HandlerFunc(s.feed)))
	acting := who.withToken(control.New(s.tap, 0))
	for _, pattern := range control.Patterns {
		mux.Handle(pattern, acting)
	}
	mux.Handle("POST /api/demo", who.withToken(http.HandlerFunc(s.startTour)))
	mux.HandleFunc("GET /dev/events", s.serveEvents)
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /metrics", s.stats.serve)
	mux.Handle("/", newPages(s.cfg, s.token))
	checked := who.allHosts(s.secured(mux))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if socket, ok := tapped[r.URL.Path]; ok {
			socket.ServeHTTP(w, r)
			return
		}
		checked.ServeHTTP(w, r)
	})
}

// watch taps a socket's endpoint.
func (s *Server) watch(path string, h http.Handler) http.Handler {
	if s.cfg.Untapped {
		return h
	}
	return s.tap.Handler(path, h)
}

// listener wraps the server's own so that connections are bounded, and their handshakes recorded exactly.
func (s *Server) listener(l net.Listener) net.Listener {
	l = limitConns(l, 4*s.cfg.MaxSockets+s.cfg.App.Limits.Clients)
	if s.cfg.Untapped {
		return l
	}
	return tap.Listen(l)
}

// Handler returns the server's handler. Handshakes are recorded exactly only through [Server.Serve].
func (s *Server) Handler() http.Handler { return s.handler }

// Token returns the token of this run.
func (s *Server) Token() string { return s.token }

// Serve serves on l until ctx ends, then closes every socket, with code 1001, or for the application 1012 and advice when
// to come back, and returns; that takes a few seconds at most. It closes l.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnContext:       tap.ConnContext,
		ErrorLog:          quietLog(),
	}
	if s.cfg.Notices != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		go func() { // ends with the program: reading standard input cannot be called off
			rebuild.ReadNotices(s.cfg.Notices, func(n rebuild.Notice) { s.Notify(Event(n.Event), n.Text) })
			cancel()
		}()
	}
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		s.logFrames()
	}()
	recorded := make(chan struct{})
	go func() {
		defer close(recorded)
		s.record()
	}()
	defer func() { <-logged; <-recorded }()
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(s.listener(l)) }()
	s.serveDoors()
	select {
	case err := <-failed:
		s.doors.close(context.Background())
		s.hub.Close()
		return errors.Join(err, s.app.Close())
	case <-ctx.Done():
	}
	return s.drain(srv)
}

// drain ends everything in good order, or after drainTimeout without it.
func (s *Server) drain(srv *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	s.tap.Arm(nil) // what is held or late goes now
	s.events.close()
	s.tour.stop()
	var left sync.WaitGroup
	left.Go(func() { s.drainApplication(ctx) })
	left.Go(func() { s.doors.close(ctx) })
	s.sessions.Close()
	s.sockets.closeAll(ctx)
	left.Wait()
	s.hub.Close()
	if err := srv.Shutdown(ctx); err != nil {
		return srv.Close()
	}
	return nil
}

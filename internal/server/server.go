package server

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/capture/ring"
	"github.com/tetherscope/tetherscope/internal/server/control"
	"github.com/tetherscope/tetherscope/internal/server/demo"
	"github.com/tetherscope/tetherscope/internal/server/dialout"
	"github.com/tetherscope/tetherscope/internal/server/fleet"
	"github.com/tetherscope/tetherscope/internal/server/rebuild"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
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
	keys     *keys
	ring     *ring.Ring
	tap      *tap.Tap
	hidden   hider
	sockets  sockets
	patience time.Duration // for sockets to close at the end
	sessions *resumeserver.Server
	stats    *stats
	events   events
	demos    demo.Runner
	targets  targetSet
	dials    *dialout.Dialer
	forward  *forwarding                // nil for none
	live     atomic.Pointer[liveStatus] // nil without a live capture
	refusals *rate.Limiter              // how many bytes of refused handshakes are recorded
	app      *app.App
	fleet    *fleet.Fleet // nil without a secret
	visits   fleet.Host   // of peers
	visitors fleet.Limit
	trying   sync.Mutex // is held while the script is tried
	playing  sync.Mutex // is held while requests are run
	handler  http.Handler
}

// New returns a server that does not listen yet. With a broker in Config.App it joins the other nodes, and fails when it
// cannot; the server must then be served, which is what leaves them again.
func New(cfg Config) (*Server, error) {
	if cfg.Assets == nil {
		return nil, errors.New("devserver: Config.Assets is missing")
	}
	if len(cfg.Redact) > 0 {
		if err := redact.AlsoHide(cfg.Redact...); err != nil {
			return nil, err
		}
	}
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, token: rand.Text(), keys: newKeys(cfg), ring: ring.New(cfg.RingSize), refusals: newRefusedBudget(), dials: dialout.New(time.Now)}
	s.stats = newStats(s.ring, &s.sockets)
	sink := &recorder{ring: s.ring, stats: s.stats, hidden: &s.hidden, pings: newPingLimit(time.Now), node: cfg.nodeName()}
	watched := tap.Config{Sink: sink, LeaveMasked: true, Snap: cfg.Snap, Program: programFinder()}
	if cfg.Script.opened != nil {
		watched.Script = cfg.Script.opened
	}
	s.tap = tap.New(watched)
	if cfg.Script.opened != nil {
		cfg.Script.watch.Store(s.tap)
		s.stats.watchScript(cfg.Script.opened)
	}
	s.tap.SetRules(cfg.Faults)
	s.stats.watch(s.tap)
	s.sockets.limit, s.patience = cfg.MaxSockets, drainTimeout
	s.sessions = newSessions(cfg)
	var err error
	if s.app, err = newApplication(cfg, s.stats); err != nil {
		return nil, err
	}
	s.joinFleet()
	s.handler = s.routes()
	return s, nil
}

// routes is the table of endpoints and of what each asks of a request. The tap is outside of every check but one, so that
// refused handshakes are recorded as well, within a budget; what foreign pages cause without a handshake never is.
func (s *Server) routes() http.Handler {
	who := newAccess(s.cfg, s.token)
	who.keys = s.keys
	former := s.cfg.targetHosts()                    // of removed ones, too
	who.Rules = who.Without(func(host string) bool { // their cookies would reach us, and ours them
		return slices.Contains(former, host) || s.targets.list().hasHost(host)
	})
	tapped := map[string]http.Handler{}
	for path, serve := range map[string]http.HandlerFunc{"/ws/echo": s.echo, "/ws/demo": s.demo, "/ws/resume": s.resume} {
		tapped[path] = s.socket(path, who, who.Origin, who.allHosts(who.ownPages(serve)))
	}
	mux := http.NewServeMux()
	s.mountApplication(tapped, mux, who)
	mux.Handle("/api/", who.sameMachine(s.api(who, tappedNames(tapped))))
	mux.HandleFunc("GET /dev/events", s.serveEvents)
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /metrics", s.stats.serve)
	mux.Handle(profilePath, s.profiles(who))
	mux.Handle("/", newPages(s.cfg, who))
	dialled := s.dialled(who)
	checked := who.allHosts(s.secured(mux))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if socket, ok := tapped[r.URL.Path]; ok {
			socket.ServeHTTP(w, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, dialout.Prefix) {
			dialled.ServeHTTP(w, r)
			return
		}
		checked.ServeHTTP(w, r)
	})
}

// api is the table of the endpoints below /api/. names are the tapped endpoints.
func (s *Server) api(who *access, names []string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+feed.Path, who.withToken(http.HandlerFunc(s.feed)))
	mux.Handle("GET "+fleet.Path, who.ownPages(http.HandlerFunc(s.servePeer)))
	mux.Handle(control.SessionPattern, who.ownSite(who.withKey(s.sessionHandler(names))))
	acts := control.New(s.tap, s.ring, 0)
	acts.HideIntercepted(s.hidden.holds)
	acting := who.withToken(acts)
	for _, pattern := range control.Patterns() {
		mux.Handle(pattern, acting)
	}
	mux.Handle(control.ProxyPattern, who.withToken(http.HandlerFunc(s.forwardHosts)))
	mux.Handle(control.PacketsPattern, who.withToken(http.HandlerFunc(s.livePackets)))
	mux.Handle(control.DialPattern, who.withToken(onThisMachine(s.prepareDial)))
	mux.Handle(control.DialStatePattern, who.withToken(onThisMachine(s.dialState)))
	mux.Handle(control.TargetsPattern, who.withToken(onThisMachine(s.listTargets)))
	mux.Handle(control.AddTargetPattern, who.withToken(onThisMachine(s.addTarget)))
	mux.Handle(control.RemoveTargetPattern, who.withToken(onThisMachine(s.removeTarget)))
	mux.Handle(control.ScriptPattern, who.withToken(onThisMachine(s.scriptState)))
	mux.Handle(control.SwitchScriptPattern, who.withToken(onThisMachine(s.switchScript)))
	mux.Handle(control.TryScriptPattern, who.withToken(onThisMachine(s.tryScript)))
	mux.Handle(control.CheckRequestsPattern, who.withToken(onThisMachine(s.checkRequests)))
	mux.Handle(control.RunRequestsPattern, who.withToken(onThisMachine(s.runRequests)))
	mux.Handle("POST /api/demo", who.withToken(http.HandlerFunc(s.startDemo)))
	return mux
}

// socket taps a socket's endpoint, and keeps foreign pages out of it and its records. allows is the check of Origin.
func (s *Server) socket(path string, who *access, allows func(*http.Request) bool, h http.Handler) http.Handler {
	return s.foreignSocket(allows, s.recordRefused(who, allows, s.watch(path, h), h))
}

// watch taps an endpoint.
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

// ProgramKey returns the key that gets programs the token, in the header field X-Tetherscope-Key of GET /api/session.
func (s *Server) ProgramKey() string { return s.keys.program }

// LoginPath returns a page's path, such as /panel/, with the one-time key that is valid now: it gets one browser the token.
func (s *Server) LoginPath(page string) string { return page + "?key=" + s.keys.oneTime() }

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
	s.speakHTTP2(srv, s.listener)
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
	s.serveTargets()
	s.forward.serve()
	leave := s.readPeers(ctx)
	select {
	case err := <-failed:
		leave()
		s.targets.close(context.Background())
		s.forward.close(context.Background())
		s.dials.Close(context.Background())
		s.closeSessions()
		s.ring.Close()
		return errors.Join(err, s.app.Close())
	case <-ctx.Done():
	}
	leave()
	return s.drain(srv)
}

// drain ends everything in good order, or after s.patience without it.
func (s *Server) drain(srv *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.patience)
	defer cancel()
	s.tap.SetRules(nil) // what is held or late goes now
	s.events.close()
	s.demos.Stop()
	var left sync.WaitGroup
	left.Go(func() { s.drainApplication(ctx) })
	left.Go(func() { s.targets.close(ctx) })
	left.Go(func() { s.dials.Close(ctx) })
	left.Go(func() { s.forward.close(ctx) })
	s.closeSessions()
	s.sockets.closeAll(ctx)
	left.Wait()
	s.ring.Close()
	if err := srv.Shutdown(ctx); err != nil {
		return srv.Close()
	}
	return nil
}

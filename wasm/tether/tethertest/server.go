//go:build !js

package tethertest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/tetherscope/tetherscope/wasm/tether"
)

// URL is one that a client with [Server.Option] may be made with. Any other URL leads to the same server.
const URL = "ws://tether.test/"

// Patience is how long a wait lasts whose context has no deadline.
const Patience = time.Minute

// ErrClosed is the error of waits that [Server.Close] has ended.
var ErrClosed = errors.New("tethertest: the server is closed")

// Server is a WebSocket server in memory, for any number of clients.
type Server struct {
	attempts chan *Attempt
	pending  chan net.Conn
	over     chan struct{} // closed by Close
	http     http.Server

	mu    sync.Mutex
	down  bool
	links map[*link]bool // that are open
}

// New returns a server that waits for clients. Inside a bubble of testing/synctest it must be called there. Close must follow.
func New() *Server {
	s := &Server{
		attempts: make(chan *Attempt), pending: make(chan net.Conn), over: make(chan struct{}), links: map[*link]bool{},
	}
	s.http.Handler = http.HandlerFunc(s.serve)
	s.http.ConnContext = func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, linkKey{}, c) }
	go func() { _ = s.http.Serve(listener{s}) }()
	return s
}

// Option makes a client dial s, whatever its URL is. It takes the place of [tether.WithHTTPClient].
func (s *Server) Option() tether.Option {
	return tether.WithHTTPClient(&http.Client{Transport: &http.Transport{DialContext: s.dial, DialTLSContext: s.dial}})
}

// Next waits for the next attempt of a client that has not given it up. One of Accept, Refuse, Serve and Cut must follow.
func (s *Server) Next(ctx context.Context) (*Attempt, error) {
	ctx, cancel := patient(ctx)
	defer cancel()
	select {
	case a := <-s.attempts:
		return a, nil
	case <-s.over:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, inVain(ctx, "an attempt")
	}
}

// Accept waits for the next attempt and accepts it.
func (s *Server) Accept(ctx context.Context) (*Conn, error) {
	a, err := s.Next(ctx)
	if err != nil {
		return nil, err
	}
	return a.Accept()
}

// Down decides whether attempts fail before they reach the server, as those to a port that nothing listens on.
func (s *Server) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// Cut ends all connections, those of [Attempt.Serve] too, without a close frame.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.links {
		l.shut()
	}
	clear(s.links)
}

// Close ends all connections and every wait. A client that still runs finds the server down.
func (s *Server) Close() {
	s.mu.Lock()
	first := !s.closed()
	if first {
		close(s.over)
	}
	s.mu.Unlock()
	s.Cut()
	if first {
		_ = s.http.Close()
	}
}

func (s *Server) closed() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// dial is a client's way to the server.
func (s *Server) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	ours, theirs := net.Pipe()
	l := &link{Conn: ours, server: s, frozen: make(chan struct{}), closed: make(chan struct{})}
	s.mu.Lock()
	if s.down || s.closed() {
		s.mu.Unlock()
		return nil, refused
	}
	s.links[l] = true
	s.mu.Unlock()
	select {
	case s.pending <- l:
		return theirs, nil
	case <-s.over:
		return nil, refused
	case <-ctx.Done():
		_ = l.Close()
		return nil, context.Cause(ctx)
	}
}

// serve is the handler of every attempt.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	a := &Attempt{
		Request: r, answers: make(chan func(http.ResponseWriter)), gone: make(chan struct{}),
		link: r.Context().Value(linkKey{}).(*link),
	}
	defer close(a.gone)
	select {
	case s.attempts <- a:
	case <-r.Context().Done():
		return
	}
	select {
	case answer := <-a.answers:
		answer(w)
	case <-r.Context().Done():
	}
}

// patient returns a context with a deadline.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, bounded := ctx.Deadline(); bounded {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, Patience)
}

func inVain(ctx context.Context, what string) error {
	return fmt.Errorf("tethertest: waited in vain for %s: %w", what, context.Cause(ctx))
}

package wstest

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Server is the server, as a handler or, from [Start], running on a loopback port.
type Server struct {
	URL string // "ws://127.0.0.1:port", without a path; empty when used as a handler

	http     *httptest.Server
	sessions sessions
	ledger
}

// New returns a server to be mounted as a handler.
func New() *Server {
	return &Server{sessions: newSessions(), ledger: ledger{byKey: map[string]*Stats{}, conns: map[net.Conn]bool{}, gates: map[string]chan struct{}{}, ending: make(chan struct{})}}
}

// Start returns a running server. The caller must Close it.
func Start() *Server {
	s := New()
	s.http = httptest.NewServer(s)
	s.URL = "ws" + strings.TrimPrefix(s.http.URL, "http")
	return s
}

// Close ends the server and all its connections, stalled ones included.
func (s *Server) Close() {
	s.endAll()
	s.sessions.close()
	if s.http != nil {
		s.http.Close()
	}
	s.wait()
}

// ServeHTTP runs the script that the path names.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	q := query{r.URL.Query()}
	switch r.URL.Path {
	case "/stats":
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(s.Stats(q.Get("key")))
	case "/release":
		s.release(q.Get("key"))
	case "/refuse":
		s.refuse(w, q)
	case "/plain":
		_, _ = w.Write([]byte("<!doctype html><title>not a WebSocket</title>"))
	case "/resume":
		s.resume(w, r, q)
	default:
		s.upgrade(w, r, q)
	}
}

// refuse answers with the asked status.
func (s *Server) refuse(w http.ResponseWriter, q query) {
	s.note(q.Get("key"), func(st *Stats) { st.Refused++ })
	if after := q.Get("retry-after"); after != "" {
		w.Header().Set("Retry-After", after)
	}
	http.Error(w, "refused on request", q.number("status", http.StatusServiceUnavailable))
}

// upgrade takes the connection over and runs a WebSocket script on it.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, q query) {
	run, ok := scripts[r.URL.Path]
	if !ok {
		http.Error(w, "wstest: no script "+r.URL.Path+"; see the package documentation", http.StatusNotFound)
		return
	}
	key := q.Get("key")
	if attempt := s.attempt(key); r.URL.Path == "/flaky" && attempt <= q.number("fail", 1) {
		s.refuse(w, q)
		return
	}
	raw, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "wstest: "+err.Error(), http.StatusInternalServerError)
		return
	}
	c := &conn{Conn: raw, br: rw.Reader, server: s, key: key, query: q}
	if !s.begin(raw) {
		_ = raw.Close()
		return
	}
	defer s.note(key, func(st *Stats) { st.Ended++ })
	defer s.end(raw)
	if c.handshake(r) {
		defer s.note(key, func(st *Stats) { st.Live-- })
		run(c)
	}
}

// query reads the knobs of a script.
type query struct{ url.Values }

func (q query) number(name string, otherwise int) int {
	if n, err := strconv.Atoi(q.Get(name)); err == nil {
		return n
	}
	return otherwise
}

func (q query) pause() time.Duration { return time.Duration(q.number("ms", 0)) * time.Millisecond }

// Stats is what a server saw.
type Stats struct {
	Attempts int     `json:"attempts"` // requests for a WebSocket that reached a script
	Refused  int     `json:"refused"`  // handshakes answered with an HTTP status
	Accepted int     `json:"accepted"` // handshakes completed
	Live     int     `json:"live"`     // connections accepted and not ended
	Ended    int     `json:"ended"`    // attempts that were not refused and are over, accepted or not
	Messages int     `json:"messages"` // data messages received
	Closes   []Close `json:"closes"`   // close frames received, in order; the last 256
}

// Close is a close frame as the client sent it.
type Close struct {
	Code   uint16 `json:"code"` // 1005: the frame carried none
	Reason string `json:"reason"`
}

// ledger keeps the Stats by key and the live connections.
type ledger struct {
	mu     sync.Mutex
	byKey  map[string]*Stats
	conns  map[net.Conn]bool
	gates  map[string]chan struct{} // of /release, by key
	closed bool
	ending chan struct{} // closed by endAll
	group  sync.WaitGroup
}

// Stats returns what the server saw of the connections with this key; with an empty key, of all.
func (l *ledger) Stats(key string) Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	st := l.byKey[key]
	if st == nil {
		return Stats{Closes: []Close{}}
	}
	out := *st
	out.Closes = append([]Close{}, st.Closes...)
	return out
}

// note changes the story of one key and that of all.
func (l *ledger) note(key string, change func(*Stats)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l.of(""))
	if key != "" {
		change(l.of(key))
	}
}

// attempt counts one attempt and returns its number for this key.
func (l *ledger) attempt(key string) (n int) {
	l.note(key, func(st *Stats) { st.Attempts++; n = st.Attempts })
	return n
}

func (l *ledger) of(key string) *Stats {
	st := l.byKey[key]
	if st == nil {
		st = &Stats{}
		l.byKey[key] = st
	}
	return st
}

// gate returns what is closed when the key is released. The caller holds the lock.
func (l *ledger) gate(key string) chan struct{} {
	if l.gates[key] == nil {
		l.gates[key] = make(chan struct{})
	}
	return l.gates[key]
}

// release opens the gate of a key, once.
func (l *ledger) release(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	gate := l.gate(key)
	select {
	case <-gate:
	default:
		close(gate)
	}
}

// awaitRelease waits for release, or for the end of the server.
func (l *ledger) awaitRelease(key string) {
	l.mu.Lock()
	gate := l.gate(key)
	l.mu.Unlock()
	select {
	case <-gate:
	case <-l.ending:
	}
}

// begin notes a live connection; false: the server is closing.
func (l *ledger) begin(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.group.Add(1)
	l.conns[c] = true
	return true
}

func (l *ledger) end(c net.Conn) {
	_ = c.Close()
	l.mu.Lock()
	delete(l.conns, c)
	l.mu.Unlock()
	l.group.Done()
}

func (l *ledger) endAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		close(l.ending)
	}
	for c := range l.conns {
		_ = c.Close()
	}
}

func (l *ledger) done() <-chan struct{} { return l.ending }

func (l *ledger) wait() { l.group.Wait() }

//go:build !js

package wstest

import (
	"bufio"
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/wasm/resumeserver"
)

// sessions are the servers of /resume, one for each key, so that the restart of one does not disturb another test.
type sessions struct {
	mu    sync.Mutex
	byKey map[string]*resumeserver.Server
}

func (s *sessions) of(key string) *resumeserver.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byKey[key] == nil {
		s.byKey[key] = &resumeserver.Server{Accept: &websocket.AcceptOptions{InsecureSkipVerify: true}}
	}
	return s.byKey[key]
}

// restart does to the sessions of a key what a restart of the server does: they are lost.
func (s *sessions) restart(key string) {
	s.mu.Lock()
	old := s.byKey[key]
	s.byKey[key] = nil
	s.mu.Unlock()
	if old != nil {
		old.Close()
	}
}

func (s *sessions) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, server := range s.byKey {
		if server != nil {
			server.Close()
		}
	}
}

func newSessions() sessions { return sessions{byKey: map[string]*resumeserver.Server{}} }

// resume serves /resume.
func (s *Server) resume(w http.ResponseWriter, r *http.Request, q query) {
	key := q.Get("key")
	attempt := s.attempt(key)
	if most := q.number("cut", 0); most > 0 && attempt <= q.number("times", 1) {
		w = &breakingWriter{w, Break(nil, 1+rand.IntN(most), Kind(rand.IntN(2)))}
	}
	s.sessions.of(key).Handler(func(ctx context.Context, session *resumeserver.Session) {
		for {
			kind, p, err := session.Read(ctx)
			switch {
			case err != nil:
				return
			case string(p) == "restart":
				go s.sessions.restart(key)
			case session.Write(ctx, kind, p) != nil:
				return
			}
		}
	}).ServeHTTP(w, r)
}

// breakingWriter hands out a connection that breaks.
type breakingWriter struct {
	http.ResponseWriter
	conn *Breaking
}

// Hijack implements http.Hijacker.
func (w *breakingWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.conn.Conn = c
	return w.conn, bufio.NewReadWriter(rw.Reader, bufio.NewWriter(w.conn)), nil
}

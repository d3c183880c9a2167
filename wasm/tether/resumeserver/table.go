//go:build !js

package resumeserver

import (
	"container/list"
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/internal/resume"
)

// table holds the sessions of a server. Its lock may be held when a session's is taken, never the other way round.
type table struct {
	server *Server
	bytes  atomic.Int64 // of messages in all sessions
	room   beacon       // lit when bytes went down

	mu       sync.Mutex
	closed   bool
	sessions map[string]*Session
	detached *list.List // of *Session, the longest without a connection first
	graves   graveyard
	resumed  uint64
	expired  uint64
}

func (t *table) init(s *Server) {
	t.server, t.sessions, t.detached = s, map[string]*Session{}, list.New()
	t.graves = graveyard{limit: s.MaxSessions, known: map[string]grave{}}
}

// attach finds or makes the session for a connection and makes l the session's only one.
func (t *table) attach(h resume.Hello, r *http.Request, l *link) (*Session, error) {
	owner := ""
	if t.server.Owner != nil {
		owner = t.server.Owner(r)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.sessions[h.ID]; s != nil && s.owner == owner && !t.closed {
		if s.attach(l, h.Position, resume.Resumed, grave{}) {
			t.arrive(s)
			t.resumed++
			return s, nil
		}
		t.end(s, ErrLeft) // its client does not know it any more
	}
	g := t.graves.find(h.ID, owner)
	if g.last.end {
		return nil, &endedError{g.last, g}
	}
	s, err := t.create(owner, r)
	if err != nil {
		return nil, err
	}
	outcome := resume.Fresh
	if h.ID != "" {
		outcome = resume.Gone
	}
	s.attach(l, resume.Position{Window: h.Window}, outcome, g)
	return s, nil
}

// create makes a session, if need be in place of detached ones.
func (t *table) create(owner string, r *http.Request) (*Session, error) {
	if t.closed {
		return nil, ErrClosed
	}
	for len(t.sessions) >= t.server.MaxSessions || t.bytes.Load() >= t.server.MaxBytes {
		if !t.evict() {
			return nil, ErrFull
		}
	}
	s := newSession(t, rand.Text(), owner, r)
	t.sessions[s.id] = s
	return s, nil
}

// evict ends the session that has been without a connection for longest.
func (t *table) evict() bool {
	oldest := t.detached.Front()
	if oldest == nil {
		return false
	}
	t.expired++
	t.end(oldest.Value.(*Session), ErrEvicted)
	return true
}

// makeRoom evicts sessions until there is room for messages, or says that there is none.
func (t *table) makeRoom() bool {
	if t.bytes.Load() < t.server.MaxBytes {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.bytes.Load() >= t.server.MaxBytes {
		if !t.evict() {
			return false
		}
	}
	return true
}

// arrive: the session has a connection again.
func (t *table) arrive(s *Session) {
	if s.place != nil {
		t.detached.Remove(s.place)
		s.place = nil
		s.expiry.Stop()
	}
}

// leave: the session has lost l, which was its connection unless another took its place.
func (t *table) leave(s *Session, l *link) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !s.detach(l) || t.sessions[s.id] != s {
		return
	}
	s.place = t.detached.PushBack(s)
	s.absence++
	absence := s.absence
	s.expiry = time.AfterFunc(t.server.Lifetime, func() { t.expire(s, absence) })
}

// expire ends s if it is still away since the time that the timer was set for.
func (t *table) expire(s *Session, absence uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.place != nil && s.absence == absence {
		t.expired++
		t.end(s, ErrExpired)
	}
}

// remove ends s for the given reason, if nobody did before.
func (t *table) remove(s *Session, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end(s, err)
}

// end is remove with the lock held.
func (t *table) end(s *Session, err error) {
	if t.sessions[s.id] != s {
		return
	}
	t.arrive(s)
	delete(t.sessions, s.id)
	t.graves.add(s.id, s.end(err))
}

func (t *table) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for _, s := range t.sessions {
		t.end(s, ErrClosed)
	}
}

// account notes that a session holds delta bytes more.
func (t *table) account(delta int64) {
	if t.bytes.Add(delta); delta < 0 {
		t.room.light()
	}
}

func (t *table) stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Stats{len(t.sessions), t.detached.Len(), t.bytes.Load(), t.resumed, t.expired}
}

// grave is what is remembered of a session that is over, so that its client can be told exactly what was lost.
type grave struct {
	owner    string
	known    bool
	position resume.Position
	sent     uint64
	last     closing // how it was closed, if it was
}

// endedError is a hello for a session that was closed in good order, of which the client did not hear.
type endedError struct {
	closing
	grave
}

func (*endedError) Error() string { return "resumeserver: the session had been closed" }

// graveyard remembers the last sessions, up to a limit.
type graveyard struct {
	limit int
	known map[string]grave
	order []string // a ring
	next  int
}

func (g *graveyard) add(id string, of grave) {
	if len(g.order) < g.limit {
		g.order = append(g.order, id)
	} else {
		delete(g.known, g.order[g.next])
		g.order[g.next] = id
		g.next = (g.next + 1) % g.limit
	}
	g.known[id] = of
}

func (g *graveyard) find(id, owner string) grave {
	if of := g.known[id]; of.owner == owner {
		return of
	}
	return grave{}
}

// offers returns the subprotocols that a request offers.
func offers(r *http.Request) (names []string) {
	for _, field := range r.Header.Values("Sec-WebSocket-Protocol") {
		for name := range strings.SplitSeq(field, ",") {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names
}

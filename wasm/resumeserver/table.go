//go:build !js

package resumeserver

import (
	"container/list"
	"crypto/rand"
	"errors"
	"hash/maphash"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/wasm/internal/broadcast"
	"github.com/tetherscope/tetherscope/wasm/internal/session"
)

// table holds the sessions of a server. Its lock may be held when a session's is taken, never the other way round.
type table struct {
	server *Server
	bytes  atomic.Int64          // of messages in all sessions
	room   broadcast.Broadcaster // bytes went down

	mu         sync.Mutex
	closed     bool
	draining   bool           // no new session
	goodbye    func() closing // how connections of sessions that are not leaving are closed; nil: as Close does
	sessions   map[string]*Session
	detached   *list.List // of *Session, the longest without a connection first
	tombstones tombstones
	resumed    uint64
	expired    uint64

	keeper *keeper // nil without a store
	taking striped
}

func (t *table) init(s *Server) {
	t.server, t.sessions, t.detached = s, map[string]*Session{}, list.New()
	t.taking.seed = maphash.MakeSeed()
	t.tombstones = tombstones{limit: s.MaxSessions, known: map[string]tombstone{}}
	if s.Store != nil {
		t.keeper = newKeeper(t, s.Store)
	}
}

// attach finds or makes the session for a connection and makes l the session's only one.
func (t *table) attach(h session.Hello, r *http.Request, l *connection) (*Session, error) {
	owner := ""
	if t.server.Owner != nil {
		owner = t.server.Owner(r)
	}
	if t.keeper != nil {
		return t.attachStored(h, owner, r, l)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.sessions[h.ID]; s != nil && s.owner == owner && !t.closed {
		if s.attach(l, h.Position, session.Resumed, tombstone{}) {
			t.arrive(s)
			t.resumed++
			return s, nil
		}
		t.end(s, ErrLeft) // its client does not know it any more
	}
	return t.beginLocked(h, owner, r, l)
}

// begin makes a new session, in place of the one that was asked for if one was.
func (t *table) begin(h session.Hello, owner string, r *http.Request, l *connection) (*Session, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.beginLocked(h, owner, r, l)
}

// beginLocked is begin with the lock held.
func (t *table) beginLocked(h session.Hello, owner string, r *http.Request, l *connection) (*Session, error) {
	name, _ := session.SplitName(h.ID)
	g := t.tombstones.find(name, owner)
	if g.last.end {
		return nil, &endedError{g.last, g}
	}
	s, err := t.create(rand.Text(), owner, r, nil)
	if err != nil {
		return nil, err
	}
	outcome := session.Fresh
	if h.ID != "" {
		outcome = session.Gone
	}
	s.attach(l, session.Position{Window: h.Window}, outcome, g)
	return s, nil
}

// create makes a session, if need be in place of detached ones; from is what a store has of it, or nil for a new one.
func (t *table) create(name, owner string, r *http.Request, from *Record) (*Session, error) {
	if t.closed || t.draining {
		return nil, ErrClosed
	}
	for len(t.sessions) >= t.server.MaxSessions || t.bytes.Load() >= t.server.MaxBytes {
		if !t.evict() {
			return nil, ErrFull
		}
	}
	s := newSession(t, name, owner, r)
	if t.keeper != nil {
		s.keep(from)
		t.keeper.mark(s)
	}
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
func (t *table) leave(s *Session, l *connection) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !s.detach(l) || t.sessions[s.id] != s {
		return
	}
	s.place = t.detached.PushBack(s)
	s.detaches++
	detach := s.detaches
	s.expiry = time.AfterFunc(t.server.Lifetime, func() { t.expire(s, detach) })
}

// expire ends s if it is still away since the time that the timer was set for.
func (t *table) expire(s *Session, detach uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.place != nil && s.detaches == detach {
		t.expired++
		t.end(s, ErrExpired)
	}
}

// remove ends s for the given reason, unless it has ended.
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
	g := s.end(err)
	if t.keeper == nil {
		t.tombstones.add(s.id, g)
		return
	}
	if errors.Is(err, ErrMoved) || t.closed {
		return // another node has it, or is to have it
	}
	t.tombstones.add(s.id, g)
	t.keeper.end(s.lastStep())
}

func (t *table) close() {
	t.mu.Lock()
	again := t.closed
	t.closed = true
	t.mu.Unlock()
	if t.keeper != nil && !again {
		t.retire()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.sessions {
		t.end(s, ErrClosed)
	}
}

// account notes that a session holds delta bytes more.
func (t *table) account(delta int64) {
	if t.bytes.Add(delta); delta < 0 {
		t.room.Broadcast()
	}
}

func (t *table) stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Stats{len(t.sessions), t.detached.Len(), t.bytes.Load(), t.resumed, t.expired, t.keeper != nil && t.keeper.isAlone()}
}

// tombstone is what the server keeps of a session that is over, so that its client learns exactly what was lost.
type tombstone struct {
	owner    string
	known    bool
	position session.Position
	sent     uint64
	last     closing // how it was closed, if it was
}

// endedError is a hello for a session that was closed in good order, of which the client has not been informed.
type endedError struct {
	closing
	tombstone
}

func (*endedError) Error() string { return "resumeserver: the session had been closed" }

// tombstones remembers the last sessions, up to a limit.
type tombstones struct {
	limit int
	known map[string]tombstone
	order []string // a ring
	next  int
}

func (g *tombstones) add(id string, of tombstone) {
	if len(g.order) < g.limit {
		g.order = append(g.order, id)
	} else {
		delete(g.known, g.order[g.next])
		g.order[g.next] = id
		g.next = (g.next + 1) % g.limit
	}
	g.known[id] = of
}

func (g *tombstones) find(id, owner string) tombstone {
	if of := g.known[id]; of.owner == owner {
		return of
	}
	return tombstone{}
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

//go:build !js

package resumeserver

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// MemoryStore keeps the sessions of several servers of one process. It is for tests of handlers whose sessions move; a server
// alone needs no store. The zero value is a store without sessions and with no time to wait.
type MemoryStore struct {
	now   func() time.Time
	nonce func() uint32
	grace time.Duration

	mu       sync.Mutex
	sessions map[string]*memorySession
}

type memorySession struct {
	of      Record
	user    string
	number  uint64 // of the last step
	expires time.Time
}

// NewMemoryStore returns a store without sessions, whose nodes wait for the given time before their sessions go on without it.
func NewMemoryStore(grace time.Duration) *MemoryStore {
	m := &MemoryStore{grace: grace}
	m.begin()
	return m
}

// begin makes the zero value ready.
func (m *MemoryStore) begin() {
	m.now, m.nonce, m.sessions = time.Now, rand.Uint32, map[string]*memorySession{}
}

// Node returns the store for one more server.
func (m *MemoryStore) Node() Store {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sessions == nil {
		m.begin()
	}
	return &memoryNode{m}
}

type memoryNode struct{ *MemoryStore }

func (n *memoryNode) Grace() time.Duration { return n.grace }

func (n *memoryNode) Reach(context.Context) error { return nil }

// find returns a session that has not expired. The lock is held.
func (n *memoryNode) find(name string) *memorySession {
	s := n.sessions[name]
	if s != nil && n.now().After(s.expires) {
		delete(n.sessions, name)
		return nil
	}
	return s
}

func (n *memoryNode) Take(_ context.Context, name, owner string, known uint64) (Record, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.find(name)
	if s == nil || s.user != owner || !slices.Contains(s.of.Chain, known) {
		return Record{}, ErrUnknown
	}
	s.of.Before, s.of.Moves, s.number = s.of.Moves, nextToken(s.of.Moves, n.nonce()), 0
	s.of.Chain = addToken(s.of.Chain, s.of.Moves)
	r := s.of
	r.Pending, r.Chain = slices.Clone(r.Pending), slices.Clone(r.Chain)
	return r, nil
}

func (n *memoryNode) Save(_ context.Context, steps []Step) []error {
	n.mu.Lock()
	defer n.mu.Unlock()
	errs := make([]error, len(steps))
	for i, st := range steps {
		errs[i] = n.save(st)
	}
	return errs
}

func (n *memoryNode) save(st Step) error {
	s := n.find(st.Name)
	switch {
	case s != nil && s.of.Moves > st.Moves:
		return ErrMoved
	case s != nil && s.of.Moves == st.Moves && s.number >= st.Number:
		return nil
	case st.End:
		delete(n.sessions, st.Name)
		return nil
	case st.Whole:
		s = &memorySession{user: st.Owner, of: Record{Moves: st.Moves, Chain: []uint64{st.Moves}, Subprotocol: st.Subprotocol, Acked: st.First - 1}}
		n.sessions[st.Name] = s
	case s == nil || s.of.Moves < st.Moves || len(st.Append) > 0 && st.First > s.of.Acked+uint64(len(s.of.Pending))+1:
		return ErrUnknown
	}
	if i := slices.Index(s.of.Chain, st.Known); i > 0 {
		s.of.Chain = slices.Delete(s.of.Chain, 0, i)
	}
	s.number = st.Number
	s.expires = n.now().Add(st.Lifetime)
	s.of.Taken = max(s.of.Taken, st.Taken)
	last := s.of.Acked + uint64(len(s.of.Pending))
	if skip := last + 1 - min(st.First, last+1); skip < uint64(len(st.Append)) {
		s.of.Pending = append(s.of.Pending, st.Append[skip:]...)
	}
	if gone := max(st.Acked, s.of.Acked) - s.of.Acked; gone > 0 {
		s.of.Pending = s.of.Pending[min(gone, uint64(len(s.of.Pending))):]
		s.of.Acked += gone
	}
	return nil
}

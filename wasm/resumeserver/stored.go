//go:build !js

package resumeserver

import (
	"context"
	"errors"
	"hash/maphash"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/wasm/internal/session"
)

// What a server with a Store does beside one without.

// Moved reports whether another node had the session before this one: this run of the handler's function continues that of the
// other, from the first message that it had not finished.
func (s *Session) Moved() bool { return s.moved }

// Stored reports whether the session would survive the end of this node: false without a [Server.Store], and while the store
// cannot be reached and the session goes on in memory.
func (s *Session) Stored() bool {
	if s.kept == nil || s.table.keeper.isAlone() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.kept.whole && !s.kept.doubt
}

// keep lets a session live in the store, as what it has of it, or as a new one.
func (s *Session) keep(from *Record) {
	k := newKept(from, rand.Uint32)
	if s.kept = &k; from == nil {
		return
	}
	s.state, s.subprotocol, s.moved = restored(s.table.server.Window, *from), from.Subprotocol, true
}

// takeKept is take for a session in a store.
func (s *Session) takeKept() (m session.Message, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.kept.finished
	if s.over != nil || s.retiring {
		s.kept.finish()
	} else {
		m, ok = s.kept.read(s.state)
	}
	if s.kept.finished > before {
		s.table.keeper.mark(s)
	}
	switch {
	case s.over != nil:
		return m, false, s.over
	case s.retiring:
		return m, false, &EndError{Err: ErrClosed}
	}
	if _, more := s.state.Peek(s.kept.handed); more {
		s.signal()
	}
	return m, ok, nil
}

// stage accepts a message of the handler, which is sent once it is saved. The lock is held.
func (s *Session) stage(m session.Message) {
	s.kept.write(m)
	if !s.kept.busy() {
		s.table.keeper.mark(s)
		return
	}
	if !s.hurried {
		s.hurried = true
		reads := s.kept.reads
		time.AfterFunc(handlerGrace, func() { s.hurry(reads) })
	}
}

// hurry saves what a handler has written if it has not come back for the next message since it had done so for the given time:
// it works for long, and writes meanwhile. Otherwise it is in the middle of another message, for which the time begins now.
func (s *Session) hurry(reads uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hurried = false
	if !s.kept.busy() || s.kept.settled == len(s.kept.staged) {
		return
	}
	if now := s.kept.reads; now != reads {
		s.hurried = true
		time.AfterFunc(handlerGrace, func() { s.hurry(now) })
		return
	}
	s.kept.force = true
	s.table.keeper.mark(s)
}

// step returns what is to be saved of s now.
func (s *Session) step() (st Step, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over != nil {
		return st, false
	}
	st, ok = s.kept.step(s.state)
	st.Name, st.Owner, st.Subprotocol, st.Lifetime = s.id, s.owner, s.subprotocol, s.table.recordLifetime()
	return st, ok
}

// saved lets out what a step has saved.
func (s *Session) saved(st Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over != nil {
		return
	}
	s.kept.saved(s.state, st)
	s.letOut()
}

// goOnAlone lets out what the session has without the store, or asks its client first whether it is still here.
func (s *Session) goOnAlone() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over != nil {
		return
	}
	s.kept.unheld()
	if st, ok := s.kept.step(s.state); ok {
		s.kept.letOut(s.state, st)
	}
	s.letOut()
}

// letOut is what follows when messages may have been let out, or the client is to be asked. The lock is held.
func (s *Session) letOut() {
	s.account()
	if s.conn != nil {
		s.conn.signal()
	}
	if s.kept.finished > 0 || s.kept.settled > 0 || s.kept.force {
		s.table.keeper.mark(s)
	}
	s.changed.Broadcast()
}

// refused is what follows from a step that the store refused with [ErrMoved]: see [kept.refused].
func (s *Session) refused(st Step) (gone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept.refused(st)
}

// notSaved gives a step up. unknown: the store does not have the session.
func (s *Session) notSaved(st Step, unknown bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept.failed(st, unknown)
	if s.conn != nil {
		s.conn.signal() // there may be a token to offer
	}
}

// lastStep returns the step that ends s in the store.
func (s *Session) lastStep() Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept.steps++
	return Step{Name: s.id, Moves: s.kept.moves, Number: s.kept.steps, End: true}
}

// recordLifetime is how long the store keeps a session in which nothing happens.
func (t *table) recordLifetime() time.Duration { return t.server.Lifetime + 2*t.server.Store.Grace() }

// all returns every session.
func (t *table) all() (list []*Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.sessions {
		list = append(list, s)
	}
	return list
}

// markIdle saves every session again, so that the store does not forget those in which nothing happens.
func (t *table) markIdle() {
	for _, s := range t.all() {
		s.mu.Lock()
		s.kept.stale = true
		s.mu.Unlock()
		t.keeper.mark(s)
	}
}

// ErrAway refuses a client whose session may be at another node while the store cannot be asked. Clients try again.
var ErrAway = errors.New("resumeserver: the store of sessions cannot be reached")

// striped are locks by name: two connections that ask for one session take turns.
type striped struct {
	seed  maphash.Seed
	locks [64]sync.Mutex
}

func (l *striped) of(name string) *sync.Mutex {
	return &l.locks[maphash.String(l.seed, name)%uint64(len(l.locks))]
}

// attachStored is attach with a store.
func (t *table) attachStored(h session.Hello, owner string, r *http.Request, l *connection) (*Session, error) {
	name, asked := session.SplitName(h.ID)
	if name == "" {
		return t.begin(session.Hello{Position: h.Position}, owner, r, l)
	}
	lock := t.taking.of(name)
	lock.Lock()
	defer lock.Unlock()
	here, outcome, rec, err := t.take(name, owner, asked)
	if t.wasClosed(name, owner) {
		outcome = lost
	}
	switch outcome {
	case goOn:
		return t.again(here, h, owner, r, l, func(k *kept) { k.retaken(rec.Moves) })
	case goOnOwn:
		return t.again(here, h, owner, r, l, (*kept).unheld)
	case goOnAlone:
		return t.again(here, h, owner, r, l, func(*kept) {})
	case restore:
		if here != nil {
			t.remove(here, ErrMoved)
		}
		return t.restore(rec, h, name, owner, r, l)
	case wait:
		if here != nil {
			here.taken(func(*kept) {})
		}
		return nil, ErrAway
	case lost:
	}
	if here != nil {
		t.remove(here, ErrMoved)
	}
	if err == nil { // a node that still has it must not go on
		t.keeper.end(Step{Name: name, Moves: rec.Moves, Number: 1, End: true})
	}
	return t.begin(h, owner, r, l)
}

// take takes a session in the store, and says what follows. It returns the session if this node has it. From when the store is
// asked to [Session.taken] this node saves nothing of it: a step that the store refuses meanwhile, because it was made before,
// does not mean that another node has the session.
func (t *table) take(name, owner string, asked uint64) (here *Session, outcome takeover, rec Record, err error) {
	if here = t.find(name, owner); here != nil {
		here.mu.Lock()
		here.kept.taking = true
		here.mu.Unlock()
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	rec, err = t.server.Store.Take(ctx, name, owner, asked)
	if here == nil || here != t.find(name, owner) { // it may have ended meanwhile
		return nil, decide(nil, asked, rec, err), rec, err
	}
	here.mu.Lock()
	defer here.mu.Unlock()
	return here, decide(here.kept, asked, rec, err), rec, err
}

// find returns a user's session that is here, or nil.
func (t *table) find(name, owner string) *Session {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.sessions[name]; s != nil && s.owner == owner {
		return s
	}
	return nil
}

// wasClosed reports whether the session was closed in good order here, which the store may not know yet.
func (t *table) wasClosed(name, owner string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tombstones.find(name, owner).last.end
}

// taken notes what the store answered, after which the session is saved again.
func (s *Session) taken(change func(*kept)) {
	s.mu.Lock()
	change(s.kept)
	s.kept.taking = false
	s.mu.Unlock()
	s.table.keeper.mark(s)
}

// again gives a session that is here its new connection.
func (t *table) again(s *Session, h session.Hello, owner string, r *http.Request, l *connection, change func(*kept)) (*Session, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.taken(change)
	if t.sessions[s.id] == s && !t.closed && s.attach(l, h.Position, session.Resumed, tombstone{}) {
		t.arrive(s)
		t.resumed++
		return s, nil
	}
	t.end(s, ErrLeft)
	return t.beginLocked(h, owner, r, l)
}

// restore makes a session of what the store has.
func (t *table) restore(rec Record, h session.Hello, name, owner string, r *http.Request, l *connection) (*Session, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, err := t.create(name, owner, r, &rec)
	if err != nil {
		return nil, err
	}
	if s.attach(l, h.Position, session.Resumed, tombstone{}) {
		t.resumed++
		return s, nil
	}
	t.end(s, ErrLeft)
	return t.beginLocked(h, owner, r, l)
}

// retire ends every session here in good order, for other nodes to continue: handlers come back first, for a while.
func (t *table) retire() {
	for _, s := range t.all() {
		s.mu.Lock()
		s.retiring = true
		s.mu.Unlock()
		s.signal()
	}
	for deadline := time.Now().Add(closeGrace); time.Now().Before(deadline) && !t.idle(); {
		time.Sleep(5 * time.Millisecond)
	}
	t.keeper.close()
}

// idle reports whether the store has everything.
func (t *table) idle() bool {
	for _, s := range t.all() {
		s.mu.Lock()
		clean := s.over != nil || s.kept.clean()
		s.mu.Unlock()
		if !clean {
			return false
		}
	}
	return true
}

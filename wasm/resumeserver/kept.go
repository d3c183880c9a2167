//go:build !js

package resumeserver

import "github.com/tetherscope/tetherscope/wasm/internal/session"

// kept is what a session that lives in a [Store] has beside its state: what the handler has done and the store does not have
// yet. Nothing of it leaves the node before it is saved: a message of the handler is not sent, and one of the client is not
// acknowledged. It knows no clock and no store.
//
// A message of the client is taken when the handler comes back for the next one, in the same step in which what it wrote
// meanwhile is saved: if the node dies before that, another node's handler gets the message, and what this one's wrote is as
// if it had never been.
//
// Which node has the session is what the store and the client agree on, by tokens. When the store cannot say it, because it has
// lost the session, cannot be reached, or has left a step that creates the session without an answer, the session is in doubt:
// nothing is saved and nothing leaves the node until the client has confirmed a token that this node has made. From then on no
// other node can continue it from anything older.
type kept struct {
	moves    uint64            // the token of what is saved
	chain    []uint64          // tokens that the client may have, the oldest first
	doubt    bool              // until the client has confirmed fresh
	fresh    uint64            // 0: not made yet
	own      bool              // no other node can have got moves from the store
	draw     func() uint32     // the random half of a token, which is no secret
	handed   int               // messages that the handler has got, of those that state has not read
	reads    uint64            // how often the handler came back
	finished int               // of these, those after which it came back
	staged   []session.Message // that the handler wrote
	settled  int               // of these, those that it wrote before it last came back
	cost     int               // of staged, in bytes
	steps    uint64            // that were made
	saving   bool              // a step is under way
	whole    bool              // the store may not have the session, or not as it was
	acked    uint64            // that the store knows of
	force    bool              // save what the handler wrote although it has not come back
	stale    bool              // save although nothing has changed, so that the store does not forget
	taking   bool              // this node is taking the session once more, and does not have the store's answer yet
}

// newKept returns what a session has that begins here, or that a store had. draw draws at random.
func newKept(from *Record, draw func() uint32) kept {
	if from == nil {
		return kept{whole: true, own: true, chain: []uint64{0}, draw: draw}
	}
	return kept{moves: from.Moves, chain: from.Chain, acked: from.Acked, draw: draw}
}

// read returns the next message, by which the handler has finished the one before.
func (k *kept) read(state *session.Session) (m session.Message, ok bool) {
	k.finish()
	if m, ok = state.Peek(k.handed); ok {
		k.handed++
	}
	return m, ok
}

// finish notes that the handler has done what it was doing.
func (k *kept) finish() {
	k.reads++
	k.finished, k.settled = k.handed, len(k.staged)
}

// busy reports whether the handler is working on a message.
func (k *kept) busy() bool { return k.handed > k.finished }

func (k *kept) write(m session.Message) {
	k.staged = append(k.staged, m)
	k.cost += len(m.Data) + session.PerMessage
	if !k.busy() {
		k.settled = len(k.staged)
	}
}

// clean reports whether the store has everything.
func (k *kept) clean() bool {
	return !k.saving && !k.whole && k.handed == 0 && len(k.staged) == 0
}

// step returns what is to be saved now, if anything is. Until [kept.saved] or [kept.failed] there is no other.
func (k *kept) step(state *session.Session) (st Step, ok bool) {
	if k.saving || k.taking || k.doubt {
		return st, false
	}
	list := k.staged[:k.settled]
	if k.force {
		list = k.staged
	}
	st = Step{Moves: k.moves, Taken: state.Taken() + uint64(k.finished), Acked: state.Acked(), First: state.Last() + 1, Whole: k.whole}
	st.Known = k.chain[0]
	if k.finished == 0 && len(list) == 0 && !k.whole && !k.stale && st.Acked == k.acked {
		return st, false
	}
	if k.whole {
		st.First = st.Acked + 1
		st.Append = appendKept(st.Append, state.Unacked())
	}
	st.Append = appendKept(st.Append, list)
	k.steps++
	st.Number = k.steps
	k.saving, k.force, k.stale = true, false, false
	return st, true
}

func appendKept(dst []Message, list []session.Message) []Message {
	for _, m := range list {
		dst = append(dst, Message(m))
	}
	return dst
}

// saved notes that the store has a step. It reports whether it let it out: not if the session has another token since.
func (k *kept) saved(state *session.Session, st Step) bool {
	if k.doubt {
		k.saving = false
		return false
	}
	k.whole, k.own = false, false
	if st.Moves != k.moves {
		k.saving = false
		return false
	}
	k.acked = max(k.acked, st.Acked)
	k.letOut(state, st)
	return true
}

// alone lets out a step that is not saved, because the store cannot be reached and this node alone has the session.
func (k *kept) alone(state *session.Session, st Step) bool {
	k.letOut(state, st)
	return true
}

// letOut lets out what a step has: state reads what was taken, and sends what was written.
func (k *kept) letOut(state *session.Session, st Step) {
	k.saving = false
	for n := st.Taken - state.Taken(); n > 0; n-- {
		state.Read()
		k.handed--
		k.finished--
	}
	fresh := int(st.First + uint64(len(st.Append)) - 1 - state.Last())
	for _, m := range k.staged[:fresh] {
		state.Append(m)
		k.cost -= len(m.Data) + session.PerMessage
	}
	k.staged, k.settled = k.staged[fresh:], max(k.settled-fresh, 0)
	if len(k.staged) == 0 {
		k.staged = nil // its memory has moved to the state
	}
}

// refused gives up a step that the store refused with [ErrMoved], and reports whether the session is another node's. It is not
// if this node has taken it once more since the step was made, or is doing so: then the step had the number of moves before
// that, and another one follows.
func (k *kept) refused(st Step) (gone bool) {
	if !k.taking && st.Moves == k.moves {
		return true
	}
	k.saving = false
	return false
}

// failed gives a step up. unknown: the store does not have the session. A step that creates the session may reach the store at any
// time after it was given up, so that nothing must be let out any more under its token.
func (k *kept) failed(st Step, unknown bool) {
	k.saving = false
	if unknown || st.Whole {
		k.question()
	}
}

// restored returns the state of a session that another node had.
func restored(window int, r Record) *session.Session {
	of := session.Kept{Taken: r.Taken, Acked: r.Acked}
	for _, m := range r.Pending {
		of.Pending = append(of.Pending, session.Message(m))
	}
	return session.Restore(window, of)
}

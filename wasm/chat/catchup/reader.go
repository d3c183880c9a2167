package catchup

import "github.com/tetherscope/tetherscope/wasm/chat"

// Bounds of a [Reader]. The log of the server keeps 1,000 messages.
const (
	maxSeen    = 4096 // ids that are remembered
	maxWaiting = 1024 // messages that wait for the end of a catch-up
)

// Reader is one client. The zero Reader is that of a client that was never connected.
type Reader struct {
	older, newer chat.History // places: Epoch and Offset
	connected    bool         // it was, before
	catching     bool         // the answer about what was missed is to come
	holding      bool         // and messages wait for it
	blind        bool         // the connection was lost before the client knew a place
	waiting      []chat.Chat
	seen         map[string]bool
	order        []string // of seen, the oldest first
}

// Connected begins a connection and returns what to ask.
func (r *Reader) Connected() chat.History {
	r.catching = r.connected && r.older.Epoch != ""
	r.blind = r.connected && !r.catching
	r.holding = r.catching
	r.connected = true
	return r.older
}

// Message takes a chat message that arrived, and returns those to show now.
func (r *Reader) Message(m chat.Chat) []chat.Chat {
	if !r.holding {
		return r.fresh(m)
	}
	if r.waiting = append(r.waiting, m); len(r.waiting) >= maxWaiting {
		return r.release()
	}
	return nil
}

// Answer takes the answer to what was asked last. It returns messages to show, whether others may be missing before them, and, with more, what
// to ask next.
func (r *Reader) Answer(h chat.History) (show []chat.Chat, lost bool, next chat.History, more bool) {
	place := chat.History{Epoch: h.Epoch, Offset: h.Offset}
	if !r.catching {
		lost, r.blind = r.blind, false
		r.older, r.newer = r.newer, place
		if r.older.Epoch == "" {
			r.older = place
		}
		return nil, lost, next, false
	}
	show = r.fresh(h.Messages...)
	r.older, r.newer = place, place
	if h.More {
		return show, h.Lost, place, true
	}
	r.catching = false
	return append(show, r.release()...), h.Lost, next, false
}

// Failed says that what was asked has no answer now: nothing waits for it any longer. The next [Reader.Ask] asks it again.
func (r *Reader) Failed() (show []chat.Chat) { return r.release() }

// Behind reports whether what was missed is still to be asked for.
func (r *Reader) Behind() bool { return r.catching }

// Ask returns what to ask now and then while the connection lasts: for the end of the log, or again for what was missed.
func (r *Reader) Ask() chat.History {
	if r.catching {
		return r.older
	}
	return chat.History{}
}

// release returns what waits.
func (r *Reader) release() []chat.Chat {
	list := r.waiting
	r.waiting, r.holding = nil, false
	return r.fresh(list...)
}

// fresh returns those messages that were not shown, and remembers them.
func (r *Reader) fresh(list ...chat.Chat) (show []chat.Chat) {
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	for _, m := range list {
		if m.ID != "" {
			if r.seen[m.ID] {
				continue
			}
			r.seen[m.ID] = true
			r.order = append(r.order, m.ID)
		}
		show = append(show, m)
	}
	for len(r.order) > maxSeen {
		delete(r.seen, r.order[0])
		r.order = r.order[1:]
	}
	return show
}

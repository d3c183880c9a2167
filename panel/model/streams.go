package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/decode"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// maxBefore is how many bytes are kept of packets that began in earlier messages; the oldest are forgotten first.
const maxBefore = 8 << 20

// streams follows protocols whose packets may be spread over messages, per direction, and knows of each message what the ones before
// it left.
type streams struct {
	store  *rows.Store
	conns  *conns
	next   uint64 // the row to look at next
	before map[uint64][]byte
	order  []uint64 // the rows in before, oldest first
	size   int
}

// restart follows all streams again: the decoder of one is another now.
func (s *streams) restart() {
	s.next, s.before, s.order, s.size = s.store.Oldest(), nil, nil, 0
	s.cut()
}

// cut forgets what the last messages left: what follows them is missing, or begins again.
func (s *streams) cut() {
	for _, k := range s.conns.order {
		k.rest = [2][2][]byte{}
	}
}

// of returns what the messages before a row left for it.
func (s *streams) of(id uint64) []byte { return s.before[id] }

// forget drops what was kept for evicted rows.
func (s *streams) forget(oldest uint64) {
	s.next = max(s.next, oldest)
	for len(s.order) > 0 && s.order[0] < oldest {
		s.drop()
	}
}

func (s *streams) drop() {
	s.size -= len(s.before[s.order[0]])
	delete(s.before, s.order[0])
	s.order = s.order[1:]
}

// step follows rows as far as the budget reaches and reports whether there were any.
func (s *streams) step(budget int) (did bool) {
	for ; s.next < s.store.End() && budget > 0; s.next++ {
		did = true
		budget--
		r := s.store.Row(s.next)
		if r.IsGap() {
			s.cut()
			continue
		}
		if !r.EndsMessage() {
			continue
		}
		if k := s.conns.of(r); k != nil && k.isStream() {
			s.follow(k, r)
			budget -= summaryCost
		}
	}
	return did
}

// follow notes what was left for a message, and what it leaves.
func (s *streams) follow(k *Conn, r rows.Row) {
	rest := &k.rest[r.Leg()&1][r.Dir()&1]
	if n := len(*rest); n > 0 {
		if s.before == nil {
			s.before = map[uint64][]byte{}
		}
		s.before[r.ID()] = *rest
		s.order = append(s.order, r.ID())
		for s.size += n; s.size > maxBefore; {
			s.drop()
		}
	}
	*rest = decode.Rest(k.decoder, decode.Input{
		Payload: r.Content(), Length: r.Inflated(), Text: r.MessageOpcode() == frame.Text, Subprotocol: k.Subprotocol, Path: k.Path, Before: *rest,
	})
}

// isStream reports whether the decoder of a connection reads a stream: the one that a person chose, or that the subprotocol names.
func (k *Conn) isStream() bool {
	if asked := [2]string{k.decoder, k.Subprotocol}; k.streamAsked != asked {
		k.streamAsked, k.streamed = asked, decode.IsStream(k.decoder, k.Subprotocol)
	}
	return k.streamed
}

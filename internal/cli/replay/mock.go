package replay

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// Mock knows what the servers of a capture answered to what. It is read only, so that all connections share it.
type Mock struct {
	scripts []*Script
	turns   []turn
	exact   map[[sha256.Size]byte][]int
	shapes  map[string][]int
}

// turn is a message of a client and what its server said until the next one.
type turn struct {
	message *Message
	answer  []Frame
}

// NewMock returns the mock of scripts whose role is [Server].
func NewMock(scripts []*Script) *Mock {
	m := &Mock{scripts: scripts, exact: map[[sha256.Size]byte][]int{}, shapes: map[string][]int{}}
	for _, s := range scripts {
		groups := s.turns()
		for i := range s.Peer {
			t := turn{message: &s.Peer[i], answer: behind(groups[i+1], s.Peer[i].At)}
			at := len(m.turns)
			if !t.message.Cut {
				sum := exactly(t.message.Op, t.message.Payload)
				m.exact[sum] = append(m.exact[sum], at)
				if v := parse(t.message.Payload); v != nil {
					m.shapes[v.shape] = append(m.shapes[v.shape], at)
				}
			}
			m.turns = append(m.turns, t)
		}
	}
	return m
}

// behind makes the times of an answer those since the message that it answers.
func behind(answer []Frame, at time.Duration) []Frame {
	for i := range answer {
		answer[i].At = max(answer[i].At-at, 0)
	}
	return answer
}

// turns cuts the frames of a script by the messages of the peer that they follow. A fragmented message stays whole.
func (s *Script) turns() [][]Frame {
	groups := make([][]Frame, len(s.Peer)+1)
	at := 0
	for _, f := range s.Frames {
		if f.Starts && !f.Header.Opcode.IsControl() {
			at = f.After
		}
		group := at
		if f.Header.Opcode.IsControl() {
			group = f.After
		}
		groups[group] = append(groups[group], f)
	}
	return groups
}

func exactly(op frame.Opcode, payload []byte) [sha256.Size]byte {
	return sha256.Sum256(append([]byte{byte(op)}, payload...))
}

// Messages returns how many messages the mock can answer.
func (m *Mock) Messages() int { return len(m.turns) }

// MockSession is one conversation of a mock.
type MockSession struct {
	mock *Mock
	last int // turn that was answered last; -1 for none
}

// Begin begins a conversation, and returns what the first server of the capture said before its client did.
func (m *Mock) Begin() (*MockSession, []Frame) {
	if len(m.scripts) == 0 {
		return &MockSession{m, -1}, nil
	}
	return &MockSession{m, -1}, m.scripts[0].turns()[0]
}

// Match says how a message was found in the capture.
type Match string

// The ways to match.
const (
	Exact   Match = "exact" // byte by byte
	ByShape Match = "shape" // the same keys and types; with the most equal values
	None    Match = "none"
)

// Answer returns what the capture's server said to a message. Of several that match, it is the next one in the order of the
// capture. The times of its frames are since the message. Matched by shape, the values that the captured answer repeats from its request are those of this request.
func (t *MockSession) Answer(op frame.Opcode, payload []byte) ([]Frame, Match) {
	m := t.mock
	if found := m.exact[exactly(op, payload)]; len(found) > 0 {
		t.last = t.following(found)
		return m.turns[t.last].answer, Exact
	}
	v := parse(payload)
	if v == nil {
		return nil, None
	}
	at, captured := t.closest(m.shapes[v.shape], op, v)
	if captured == nil {
		return nil, None
	}
	t.last = at
	return fill(m.turns[at].answer, captured, v), ByShape
}

// maxCandidates and maxLooked bound how many turns, and how many bytes of their messages, are looked into for one message.
const (
	maxCandidates = 1000
	maxLooked     = 4 << 20
)

// closest returns, of turns whose messages have the shape of v, the one with the most equal values; of several the first
// behind the turn that was answered last.
func (t *MockSession) closest(list []int, op frame.Opcode, v *value) (at int, found *value) {
	begin, _ := slices.BinarySearch(list, t.last+1)
	most, looked := -1, 0
	for i := range min(len(list), maxCandidates) {
		one := list[(begin+i)%len(list)]
		message := t.mock.turns[one].message
		if looked > maxLooked {
			break
		}
		if message.Op != op {
			continue
		}
		looked += len(message.Payload)
		c := parse(message.Payload)
		if n := equalLeaves(c, v); n > most {
			at, found, most = one, c, n
		}
	}
	return at, found
}

// following returns the first of a sorted list behind the turn that was answered last, or the first of all.
func (t *MockSession) following(list []int) int {
	i, _ := slices.BinarySearch(list, t.last+1)
	if i == len(list) {
		i = 0
	}
	return list[i]
}

// equalLeaves counts the values that stand at the same place in both.
func equalLeaves(a, b *value) (n int) {
	at := make(map[string]*leaf, len(a.leaves))
	for i := range a.leaves {
		at[a.leaves[i].path] = &a.leaves[i]
	}
	for i := range b.leaves {
		if l := at[b.leaves[i].path]; l != nil && bytes.Equal(a.bytes(l), b.bytes(&b.leaves[i])) {
			n++
		}
	}
	return n
}

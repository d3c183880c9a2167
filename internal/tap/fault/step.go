package fault

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// Effect is what a step does to the connection besides writing.
type Effect uint8

// The effects.
const (
	Write        Effect = iota // Bytes
	EndDirection               // a FIN in this direction
	EndBoth                    // both directions end with a reset
	Swallow                    // nothing more passes in this direction, and its end is not passed on either
	SendBack                   // Text goes back to the sender of this direction, as a message: see [Shaper.SendBack]
)

// Step is what the owner of a shaper does next.
type Step struct {
	Effect Effect
	Text   string // of SendBack
	Bytes  []byte // frames, or a part of one: of a long frame, or under a rate
	Shown  []byte // bytes that need records of their own, as the sender did not send them; nil for none
	More   bool   // the frame in Shown continues in later steps
	Marks  record.Marks

	// When these bytes end a frame of the sender: its place in its direction, and when it came.
	From, To uint64
	Came     time.Duration

	due   time.Duration
	rate  int           // bytes each second; 0 for no limit
	start time.Duration // when the link was free for them
	size  int           // of all
	sent  int           // bytes of slices before this one
}

// slicesPerSecond is how many slices a second a limited link carries: each is what it can in 20 ms, and at least a byte.
const slicesPerSecond = 50

// slice cuts off what a limited link carries next, unless that is all that is left.
func (s *Step) slice() (part Step, cut bool) {
	n := s.next()
	if n == len(s.Bytes) {
		return part, false
	}
	part = Step{Bytes: s.Bytes[:n], Shown: s.Shown, More: s.More, Marks: s.Marks}
	s.Bytes, s.Shown, s.sent = s.Bytes[n:], nil, s.sent+n
	s.due = s.arrival(s.next())
	return part, true
}

// next returns how many bytes go at once.
func (s *Step) next() int {
	if s.rate == 0 {
		return len(s.Bytes)
	}
	return min(len(s.Bytes), max(1, s.rate/slicesPerSecond))
}

// arrival returns when the link has carried n bytes more.
func (s *Step) arrival(n int) time.Duration {
	return s.start + time.Duration(float64(s.sent+n)/float64(s.rate)*float64(time.Second))
}

// cutOff removes the bytes that a limited link has not carried by then, and returns how many those are.
func (s *Step) cutOff(due time.Duration) int {
	if s.rate == 0 {
		return 0
	}
	n := 0
	for rest := s.Bytes; len(rest) > 0; {
		k := min(len(rest), max(1, s.rate/slicesPerSecond))
		if s.arrival(n+k) > due {
			break
		}
		n, rest = n+k, rest[k:]
	}
	cut := len(s.Bytes) - n
	if cut > 0 {
		s.Bytes, s.From, s.To = s.Bytes[:n], 0, 0 // these bytes no longer end a frame
	}
	return cut
}

package fault

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/record"
)

// Deed is what a step does besides writing.
type Deed uint8

// The deeds.
const (
	Write        Deed = iota // Bytes
	EndDirection             // a FIN in this direction
	EndBoth                  // both directions end with a reset
	Swallow                  // nothing more passes in this direction, and its end is not passed on either
)

// Step is what the owner of a lane does next.
type Step struct {
	Deed  Deed
	Bytes []byte // frames, or a part of one: of a frame that is long, or on a slow line
	Shown []byte // what records of their own tell of, as the sender did not send it; nil for nothing
	More  bool   // the frame in Shown goes on in later steps
	Marks record.Marks

	// When these bytes end a frame of the sender: where that stood in its direction, and when it was there.
	From, To uint64
	Came     time.Duration

	due   time.Duration
	rate  int           // bytes each second; 0 for as quickly as they go
	start time.Duration // when the line was free for them
	size  int           // of all
	gone  int           // slices of them
}

// slicesPerSecond is how many slices a second a slow line carries: each is what it can in 20 ms, and at least a byte.
const slicesPerSecond = 50

// slice cuts off what a slow line carries next, unless that is all that is left.
func (s *Step) slice() (part Step, cut bool) {
	n := s.next()
	if n == len(s.Bytes) {
		return part, false
	}
	part = Step{Bytes: s.Bytes[:n], Shown: s.Shown, More: s.More, Marks: s.Marks}
	s.Bytes, s.Shown, s.gone = s.Bytes[n:], nil, s.gone+n
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

// arrival returns when the line has carried n bytes more.
func (s *Step) arrival(n int) time.Duration {
	return s.start + time.Duration(float64(s.gone+n)/float64(s.rate)*float64(time.Second))
}

// queue puts a step behind those that are due before it: the steps of a direction keep their order. It is due when its first
// slice has passed the line.
func (l *Lane) queue(s Step) {
	s.due = max(s.due, l.lastDue)
	l.lastDue = s.due
	if s.rate > 0 && len(s.Bytes) > 0 {
		s.start, s.size = max(s.due, l.free), len(s.Bytes)
		l.free = s.arrival(s.size)
		l.lastDue = l.free
		s.due = s.arrival(s.next())
	}
	l.steps = append(l.steps, s)
	l.bytes += len(s.Bytes)
}

// Pop returns the next step that is due.
func (l *Lane) Pop(now time.Duration) (Step, bool) {
	l.tick(now)
	if len(l.steps) == 0 || l.steps[0].due > now {
		return Step{}, false
	}
	if part, cut := l.steps[0].slice(); cut {
		l.bytes -= len(part.Bytes)
		return part, true
	}
	s := l.steps[0]
	l.steps[0] = Step{}
	if l.steps = l.steps[1:]; len(l.steps) == 0 {
		l.steps = nil
	}
	l.bytes -= len(s.Bytes)
	return s, true
}

// cutOff takes away what would not have left by then: the rest of a frame on a slow line, too.
func (l *Lane) cutOff(due time.Duration) {
	for n := len(l.steps); n > 0 && l.steps[n-1].due > due; n-- {
		l.bytes -= len(l.steps[n-1].Bytes)
		l.steps = l.steps[:n-1]
	}
	l.lastDue = min(l.lastDue, due)
}

package fault

import (
	"slices"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// Shaper applies a ruleset to one direction of a connection. Times are counted from the opening of the connection. It is not
// safe for use by several goroutines at once.
type Shaper struct{ state }

// NewShaper returns the shaper of a direction of a connection. The number is the connection's number since the ruleset was set.
func NewShaper(rs *Ruleset, number uint64, dir record.Dir) *Shaper {
	s := &Shaper{state{dir: dir}}
	s.Use(0, rs, number)
	return s
}

// Name says what the connection is called, for rules that test its path, host or program.
func (s *Shaper) Name(conn uint32, words record.Words) {
	s.row.Name(conn, words)
	s.conn, s.called = conn, words
}

// Use replaces the shaper's rules. Steps that wait still come, and frames that the old rules held back are passed on. Timed
// rules count from now on.
func (s *Shaper) Use(now time.Duration, rs *Ruleset, number uint64) {
	s.release(now)
	s.rules, s.number, s.frames = rs, number, 0
	s.swallows, s.closed = false, false
	s.startTimers(now)
}

// Full reports whether the owner should stop reading until steps were taken.
func (s *Shaper) Full() bool {
	return len(s.steps)+len(s.reordered) >= maxSteps || s.bytes+int(s.intercepts.size) >= maxBytes || s.refused
}

// Swallows reports whether nothing passes any more, the end of the direction included.
func (s *Shaper) Swallows() bool { return s.swallows }

// Idle reports whether nothing waits.
func (s *Shaper) Idle() bool {
	return len(s.steps)+len(s.reordered)+len(s.intercepts.frames)+len(s.answers.waiting) == 0 && !s.merging.active
}

// Bytes returns how many bytes of frames wait.
func (s *Shaper) Bytes() int { return s.bytes + int(s.intercepts.size) + len(s.merging.payload) }

// Push takes one whole frame: its bytes, and its record as a decoder of the sender's direction made it. It returns the marks
// of what the rules do to it. It keeps neither. Frames over [MaxFrame] go through [Shaper.Begin].
func (s *Shaper) Push(now time.Duration, raw []byte, r *record.Record) record.Marks {
	s.frames++
	if s.swallows || s.closed {
		s.inflation.missed(r.Header)
		return record.Dropped
	}
	s.row.Set(evaluated(r))
	e := evaluation{state: &s.state, now: now, due: now, raw: append([]byte(nil), raw...), from: r.Offset, to: r.Offset + uint64(len(raw)), ofMessage: r.Message}
	e.inflate(r)
	if e.raw != nil {
		e.join(r)
	}
	if e.raw != nil {
		e.script()
	}
	if e.raw != nil {
		e.evaluate()
	}
	e.settle()
	e.emit()
	s.follow(r.Header)
	s.reordered.overtake(&s.output, now)
	return e.marks
}

// evaluated returns what a query sees of a frame.
func evaluated(r *record.Record) *record.Record {
	if len(r.Body) <= EvaluatedBytes {
		return r
	}
	seen := *r
	seen.Body = r.Body[:EvaluatedBytes]
	return &seen
}

// End notes that the sender has ended its direction: a FIN follows what waits.
func (s *Shaper) End(now time.Duration) {
	if s.swallows {
		return
	}
	s.release(now)
	s.queue(Step{Effect: EndDirection, due: now})
}

// Inject queues whole frames after what waits. The rules are not evaluated for them.
func (s *Shaper) Inject(now time.Duration, frames []byte) {
	s.queue(Step{Bytes: append([]byte(nil), frames...), due: now})
}

// Next returns when the owner should call Pop again, and whether it should before more frames come.
func (s *Shaper) Next() (time.Duration, bool) {
	next, ok := time.Duration(0), false
	sooner := func(t time.Duration) {
		if !ok || t < next {
			next, ok = t, true
		}
	}
	if len(s.steps) > 0 {
		sooner(s.steps[0].due)
	}
	for i := range s.reordered {
		sooner(s.reordered[i].step.due)
	}
	for i := range s.intercepts.frames {
		sooner(s.intercepts.frames[i].Until)
	}
	for _, t := range s.timed {
		if t >= 0 {
			sooner(t)
		}
	}
	return next, ok
}

// Pop returns the next step that is due.
func (s *Shaper) Pop(now time.Duration) (Step, bool) {
	s.reordered.expire(&s.output, now)
	s.intercepts.expire(&s.output, now)
	s.applyTimers(now)
	return s.pop(now)
}

// Intercepted returns the frames that wait for a decision, oldest first.
func (s *Shaper) Intercepted() []InterceptedFrame { return slices.Clone(s.intercepts.frames) }

// Forward passes an intercepted frame on as it came.
func (s *Shaper) Forward(now time.Duration, id uint64) error {
	return s.intercepts.forward(&s.output, now, id, nil, 0)
}

// Replace passes other frames on in place of an intercepted one.
func (s *Shaper) Replace(now time.Duration, id uint64, frames []byte) error {
	return s.intercepts.forward(&s.output, now, id, frames, record.Injected|record.Edited)
}

// Discard drops an intercepted frame.
func (s *Shaper) Discard(id uint64) error {
	_, err := s.intercepts.take(id)
	return err
}

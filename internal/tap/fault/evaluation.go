package fault

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// evaluation is the evaluation of the rules for one frame.
type evaluation struct {
	*state
	now, due  time.Duration
	raw       []byte // what is to be passed on; nil when the frame is gone
	altered   bool   // raw is not what the sender sent
	inflated  bool   // it takes the place of a compressed one
	asSent    bool   // of a compressed message that no rule may change
	copies    int
	behind    int // number of frames that are to overtake it
	marks     record.Marks
	rate      int     // the lowest rate that applies; 0 for none
	from, to  uint64  // its place in the direction
	ofMessage uint64  // number of its message
	long      *stream // the frame is too long to be collected: raw is its beginning
	scripted  scripted
}

// evaluate applies all rules that match, from top to bottom, until one removes the frame.
func (e *evaluation) evaluate() {
	for i := range e.rules.Rules {
		rule := &e.rules.Rules[i]
		if rule.When.Trigger != EachFrame || rule.Action.Kind == Flap || !rule.When.Query.Match(&e.row) {
			continue
		}
		c := draw(e.rules.Seed, e.number, uint64(e.dir), e.frames, uint64(i))
		if c.hit(rule.Chance) && e.apply(&rule.Action, &c) {
			return
		}
	}
}

// needsWhole reports whether an action needs all bytes of a frame before the first is passed on.
func needsWhole(k ActionKind) bool {
	return k == Duplicate || k == Reorder || k == Merge || k == Intercept || needsMessage(k)
}

// apply performs an action, and reports whether the frame is gone, so that no further rule applies to it.
func (e *evaluation) apply(a *Action, c *chance) (gone bool) {
	if e.long != nil && needsWhole(a.Kind) || e.asSent && changes(a.Kind) {
		e.marks |= record.Exempt
		return false
	}
	switch a.Kind { //nolint:exhaustive // fits lets no other action at a frame
	case Delay:
		e.due += c.between(a.From, a.To)
		e.marks |= record.Delayed
	case Rate:
		if e.rate == 0 || a.N < e.rate {
			e.rate = a.N
		}
		e.marks |= record.Delayed
	case Duplicate:
		e.copies += a.N
		e.marks |= record.Duplicated
	case Reorder:
		e.behind = a.N
		e.marks |= record.Reordered
	case Corrupt, Truncate, Split, Merge:
		return e.alter(a, c)
	case Rewrite:
		return e.rewrite(a)
	case Answer:
		return e.answer(a)
	case Drop:
		return e.remove(record.Dropped)
	case Intercept:
		if !e.intercepts.add(InterceptedFrame{
			Bytes: e.raw, Until: e.now + a.To, Message: e.ofMessage, Compressed: e.inflated, from: e.from, to: e.to, came: e.now,
		}) {
			e.marks |= record.Exempt
			return false
		}
		return e.remove(record.Held)
	case Blackhole:
		e.swallows = true
		e.queue(Step{Effect: Swallow, due: e.now})
		return e.remove(record.Dropped)
	case Cut:
		half := e.raw[:(len(e.raw)+1)/2]
		e.queue(Step{Bytes: half, Shown: half, Marks: record.Injected | record.Altered, due: e.due, rate: e.rate})
		e.queue(Step{Effect: EndBoth, due: e.due})
		return e.remove(record.Altered)
	case Reset, Finish, Close, Ping, Pong:
		return e.endBefore(a, c)
	}
	return false
}

// endBefore performs before the frame an action that timed rules have, too.
func (e *evaluation) endBefore(a *Action, c *chance) (gone bool) {
	e.perform(a, c, e.due)
	if a.Kind == Ping || a.Kind == Pong {
		return false
	}
	return e.remove(record.Dropped)
}

func (e *evaluation) remove(why record.Marks) bool {
	e.raw = nil
	e.marks |= why
	return true
}

// alter changes the frame's bytes.
func (e *evaluation) alter(a *Action, c *chance) (gone bool) {
	if e.long != nil {
		if e.long.alter(a, c) {
			e.marks |= record.Altered
		}
		return false
	}
	changed := alter(e.raw, a, c)
	if a.Kind == Merge {
		changed, gone = e.collect()
	}
	if changed != nil {
		e.raw, e.altered = changed, true
		e.marks |= record.Altered
	}
	if gone {
		return e.remove(record.Altered)
	}
	return false
}

// collect adds the frame to the fragments that become one. Those of a message whose end did not come are passed on before another one.
func (e *evaluation) collect() (whole []byte, wait bool) {
	if h, _ := frame.ParseHeader(e.raw); !h.Opcode.IsControl() && h.Opcode != frame.Continuation {
		e.flushMerge(e.now)
	}
	return e.merging.add(e.raw)
}

// emit queues what the rules leave of the frame.
func (e *evaluation) emit() {
	if e.raw == nil {
		return
	}
	if h, _ := frame.ParseHeader(e.raw); !h.Opcode.IsControl() {
		e.flushMerge(e.now) // the rest of that message is not merged
	}
	s := Step{Bytes: e.raw, due: e.due, rate: e.rate, From: e.from, To: e.to, Came: e.now}
	if e.altered {
		s.Shown, s.Marks = e.raw, record.Injected|e.marks&(record.Altered|record.Rewritten)
	}
	if e.behind > 0 {
		s.due = e.now + reorderWait
		e.reordered.add(&e.output, s, e.behind)
	} else {
		e.queue(s)
	}
	for range e.copies {
		e.queue(Step{Bytes: e.raw, Shown: e.raw, Marks: record.Injected | record.Duplicated, due: e.due, rate: e.rate})
	}
}

package fault

import (
	"encoding/binary"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// startTimers sets when the timed rules apply first.
func (st *state) startTimers(now time.Duration) {
	st.timed = make([]time.Duration, len(st.rules.Rules))
	for i, r := range st.rules.Rules {
		st.timed[i] = -1
		toward := st.dir == record.In && r.When.In || st.dir == record.Out && r.When.Out
		if (r.When.Trigger == Every || r.When.Trigger == After) && toward {
			st.timed[i] = now + r.When.Period
		}
	}
}

// applyTimers applies the timed rules that are due.
func (st *state) applyTimers(now time.Duration) {
	for i := range st.timed {
		for n := 0; st.timed[i] >= 0 && st.timed[i] <= now && n < maxMissed; n++ {
			st.applyTimer(i)
		}
	}
}

// applyTimer applies a timed rule once.
func (st *state) applyTimer(i int) {
	rule, due := &st.rules.Rules[i], st.timed[i]
	st.timed[i] = -1
	if rule.When.Trigger == Every && !st.swallows {
		st.timed[i] = due + rule.When.Period
	}
	c := draw(st.rules.Seed, st.number, uint64(st.dir), uint64(due), uint64(i))
	if c.hit(rule.Chance) && !st.swallows {
		if rule.Action.Kind == Reset {
			st.cutOff(due) // a reset loses what is on its way
		}
		st.perform(&rule.Action, &c, due)
	}
}

// perform performs an action that needs no frame.
func (st *state) perform(a *Action, c *chance, due time.Duration) {
	switch a.Kind { //nolint:exhaustive // the others need a frame
	case Reset:
		st.queue(Step{Effect: EndBoth, due: due})
	case Finish:
		st.queue(Step{Effect: EndDirection, due: due})
	case Blackhole:
		st.swallows = true
		st.queue(Step{Effect: Swallow, due: due})
	case Ping:
		st.sendControl(frame.Ping, []byte(a.Text), c, due)
	case Pong:
		st.sendControl(frame.Pong, []byte(a.Text), c, due)
	case Close:
		st.sendControl(frame.Close, append(binary.BigEndian.AppendUint16(nil, uint16(a.N)), a.Text...), c, due)
		if st.stream != nil {
			st.stream.closes = true
			return
		}
		st.closed = true
	}
}

// sendControl sends a control frame of a rule, after a long frame that is on its way.
func (st *state) sendControl(op frame.Opcode, payload []byte, c *chance, due time.Duration) {
	if st.closed {
		return
	}
	h := frame.Header{Fin: true, Opcode: op}
	if st.dir == record.Out {
		h.Masked, h.Key = true, c.key()
	}
	f := frame.AppendFrame(nil, h, payload)
	step := Step{Bytes: f, Shown: f, Marks: record.Injected, due: due}
	switch s := st.stream; {
	case s == nil:
		st.queue(step)
	case len(s.waiting) < maxWaiting && !s.closes:
		s.waiting = append(s.waiting, step)
	}
}

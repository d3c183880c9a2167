package fault

import (
	"encoding/binary"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// applyTimed applies a rule whose time has come.
func (l *Lane) applyTimed(i int) {
	rule, due := &l.deck.Rules[i], l.timed[i]
	l.timed[i] = -1
	if rule.When.Moment == Every && !l.swallows {
		l.timed[i] = due + rule.When.Period
	}
	c := draw(l.deck.Seed, l.number, uint64(l.dir), uint64(due), uint64(i))
	if c.hit(rule.Chance) && !l.swallows {
		if rule.Action.Verb == Reset {
			l.cutOff(due) // a reset loses what is on its way
		}
		l.perform(&rule.Action, &c, due)
	}
}

// perform does what needs no frame.
func (l *Lane) perform(a *Action, c *chance, due time.Duration) {
	switch a.Verb { //nolint:exhaustive // the others need a frame
	case Reset:
		l.queue(Step{Deed: EndBoth, due: due})
	case Finish:
		l.queue(Step{Deed: EndDirection, due: due})
	case Blackhole:
		l.swallows = true
		l.queue(Step{Deed: Swallow, due: due})
	case Ping:
		l.say(frame.Ping, []byte(a.Text), c, due)
	case Pong:
		l.say(frame.Pong, []byte(a.Text), c, due)
	case Close:
		l.say(frame.Close, append(binary.BigEndian.AppendUint16(nil, uint16(a.N)), a.Text...), c, due)
		if l.stream != nil {
			l.stream.closes = true
			return
		}
		l.closed = true
	}
}

// say puts a control frame of our own into the lane.
func (l *Lane) say(op frame.Opcode, payload []byte, c *chance, due time.Duration) {
	if l.closed {
		return
	}
	h := frame.Header{Fin: true, Opcode: op}
	if l.dir == record.Out {
		h.Masked, h.Key = true, c.key()
	}
	f := frame.AppendFrame(nil, h, payload)
	step := Step{Bytes: f, Shown: f, Marks: record.Injected, due: due}
	switch s := l.stream; {
	case s == nil:
		l.queue(step)
	case len(s.waiting) < maxWaiting && !s.closes:
		s.waiting = append(s.waiting, step)
	}
}

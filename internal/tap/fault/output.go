package fault

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/budget"
)

// freeBytes is how much of the frames that wait in a shaper is held without asking [budget.Delayed].
const freeBytes = 64 << 10

// output is the queue of the steps of a shaper, which keep their order, and the count of the bytes that wait in it.
type output struct {
	steps   []Step       // by due
	bytes   int          // in steps, and of reordered frames
	room    budget.Lease // for bytes
	refused bool         // the process may hold no more of them
	lastDue time.Duration
	free    time.Duration // when a limited link has carried all bytes
}

// hold counts bytes that wait, or no longer do where n is negative. They wait also where the process may hold no more: then nothing more should
// be taken.
func (o *output) hold(n int) {
	o.bytes += n
	o.refused = !o.room.Hold(budget.Delayed, int64(o.bytes-freeBytes))
}

// queue adds a step after those that are due before it. It is due when the link has carried its first slice.
func (o *output) queue(s Step) {
	s.due = max(s.due, o.lastDue)
	o.lastDue = s.due
	if s.rate > 0 && len(s.Bytes) > 0 {
		s.start, s.size = max(s.due, o.free), len(s.Bytes)
		o.free = s.arrival(s.size)
		o.lastDue = o.free
		s.due = s.arrival(s.next())
	}
	o.steps = append(o.steps, s)
	o.hold(len(s.Bytes))
}

// pop returns the next step that is due.
func (o *output) pop(now time.Duration) (Step, bool) {
	if len(o.steps) == 0 || o.steps[0].due > now {
		return Step{}, false
	}
	if part, cut := o.steps[0].slice(); cut {
		o.hold(-len(part.Bytes))
		return part, true
	}
	s := o.steps[0]
	o.steps[0] = Step{}
	if o.steps = o.steps[1:]; len(o.steps) == 0 {
		o.steps = nil
	}
	o.hold(-len(s.Bytes))
	return s, true
}

// cutOff removes what would not have been sent by then: the rest of a frame on a limited link, too, however late this is called.
func (o *output) cutOff(due time.Duration) {
	n := len(o.steps)
	for ; n > 0 && o.steps[n-1].due > due; n-- {
		o.hold(-len(o.steps[n-1].Bytes))
		o.steps = o.steps[:n-1]
	}
	if n > 0 {
		o.hold(-o.steps[n-1].cutOff(due))
	}
	o.lastDue = min(o.lastDue, due)
}

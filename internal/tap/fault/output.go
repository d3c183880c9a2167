package fault

import "time"

// output is the queue of the steps of a shaper, which keep their order, and the count of the bytes that wait in it.
type output struct {
	steps   []Step // by due
	bytes   int    // in steps, of reordered frames and of intercepted ones
	lastDue time.Duration
	free    time.Duration // when a limited link has carried all bytes
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
	o.bytes += len(s.Bytes)
}

// pop returns the next step that is due.
func (o *output) pop(now time.Duration) (Step, bool) {
	if len(o.steps) == 0 || o.steps[0].due > now {
		return Step{}, false
	}
	if part, cut := o.steps[0].slice(); cut {
		o.bytes -= len(part.Bytes)
		return part, true
	}
	s := o.steps[0]
	o.steps[0] = Step{}
	if o.steps = o.steps[1:]; len(o.steps) == 0 {
		o.steps = nil
	}
	o.bytes -= len(s.Bytes)
	return s, true
}

// cutOff removes what would not have been sent by then: the rest of a frame on a limited link, too, however late this is called.
func (o *output) cutOff(due time.Duration) {
	n := len(o.steps)
	for ; n > 0 && o.steps[n-1].due > due; n-- {
		o.bytes -= len(o.steps[n-1].Bytes)
		o.steps = o.steps[:n-1]
	}
	if n > 0 {
		o.bytes -= o.steps[n-1].cutOff(due)
	}
	o.lastDue = min(o.lastDue, due)
}

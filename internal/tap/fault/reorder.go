package fault

import "time"

// reorderWait is how long a frame waits for others to overtake it.
const reorderWait = time.Second

// reordered are the frames that wait for others to overtake them, in the order in which they came.
type reordered []reorderedFrame

type reorderedFrame struct {
	step  Step
	after int // frames that are still to overtake it
}

// add lets a frame wait until as many others have overtaken it.
func (r *reordered) add(o *output, s Step, after int) {
	*r = append(*r, reorderedFrame{s, after})
	o.hold(len(s.Bytes))
}

// overtake counts a frame that was passed on, and passes on those that waited for it.
func (r *reordered) overtake(o *output, now time.Duration) {
	for i := range *r {
		(*r)[i].after--
	}
	for len(*r) > 0 && (*r)[0].after < 0 {
		r.releaseFirst(o, now)
	}
}

// expire passes on the frames that have waited for reorderWait.
func (r *reordered) expire(o *output, now time.Duration) {
	for len(*r) > 0 && (*r)[0].step.due <= now {
		r.releaseFirst(o, now)
	}
}

func (r *reordered) releaseFirst(o *output, now time.Duration) {
	s := (*r)[0].step
	*r = (*r)[1:]
	o.hold(-len(s.Bytes))
	s.due = now
	o.queue(s)
}

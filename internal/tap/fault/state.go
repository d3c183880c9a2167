package fault

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/recordfilter"
)

// state is what the rules of a direction work on: the rules themselves, and the frames and steps that wait.
type state struct {
	output
	rules  *Ruleset
	number uint64
	dir    record.Dir
	conn   uint32
	called record.Words // names of the connection
	row    recordfilter.Row
	frames uint64 // that came

	reordered  reordered
	intercepts intercepts
	merging    merging
	inflation  inflation
	answers    answers
	timed      []time.Duration // when each rule applies next; below 0 for never
	swallows   bool            // blackhole
	closed     bool            // a close frame was sent
	stream     *stream         // a frame on its way that is too long to be collected; nil between those
}

// release passes on what rules hold back.
func (st *state) release(now time.Duration) {
	st.flushMerge(now)
	for len(st.reordered) > 0 {
		st.reordered.releaseFirst(&st.output, now)
	}
	st.intercepts.release(&st.output, now)
}

// flushMerge passes on what was collected of a message whose end will not come.
func (st *state) flushMerge(now time.Duration) {
	if st.merging.active {
		whole := st.merging.take(false)
		st.queue(Step{Bytes: whole, Shown: whole, Marks: record.Injected | record.Altered, due: now})
	}
}

package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// The timeline has so many bins. When the capture outgrows them, each two become one: the cost of a record stays the same.
const (
	timelineBins  = 512
	timelineFirst = 10_000_000 // ns of a bin at the beginning
)

// timeline counts frames over time, by direction.
type timeline struct {
	start, width int64 // ns
	bins         [2][timelineBins]uint32
	last         int // the newest bin with something in it
}

// add counts a frame. Times may go back a little; what lies before the start counts as the start.
func (l *timeline) add(at int64, dir record.Dir) {
	if l.width == 0 {
		l.start, l.width = at, timelineFirst
	}
	i := max(0, (at-l.start)/l.width)
	for ; i >= timelineBins; i /= 2 {
		l.fold()
	}
	l.bins[dir&1][i]++
	l.last = max(l.last, int(i))
}

func (l *timeline) fold() {
	for d := range l.bins {
		for i := range timelineBins / 2 {
			l.bins[d][i] = l.bins[d][2*i] + l.bins[d][2*i+1]
		}
		clear(l.bins[d][timelineBins/2:])
	}
	l.width *= 2
	l.last /= 2
}

// Timeline is how dense the traffic was over time.
type Timeline struct {
	Width    int64 // ns of a bin
	Out, In  []uint32
	From, To int64 // of the filter, ns since the first bin; To 0 for none
}

// shown returns the bins from the first frame to the newest, and the span that a filter leaves.
func (l *timeline) shown(f *rows.Filter) Timeline {
	out := Timeline{Width: l.width}
	if l.width == 0 {
		return out
	}
	out.Out, out.In = l.bins[record.Out][:l.last+1], l.bins[record.In][:l.last+1]
	if f.To != 0 {
		out.From, out.To = max(0, f.From-l.start), max(1, f.To-l.start)
	}
	return out
}

// span returns the times of a span of the timeline, ns since its first bin; zeros for an empty one.
func (l *timeline) span(from, to int64) (first, last int64) {
	if to <= from {
		return 0, 0
	}
	return l.start + from, l.start + to
}

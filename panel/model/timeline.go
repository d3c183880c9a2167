package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
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
	Start    int64 // of the first bin, ns since 1970 UTC
	Width    int64 // ns of a bin
	Out, In  []uint32
	From, To int64 // of the filter, ns since the first bin; To 0 for none
}

// shown returns the bins from the first frame to the newest, and the span that a filter leaves.
func (l *timeline) shown(from, to int64) Timeline {
	out := Timeline{Start: l.start, Width: l.width}
	if l.width == 0 {
		return out
	}
	out.Out, out.In = l.bins[record.Out][:l.last+1], l.bins[record.In][:l.last+1]
	if to != 0 {
		out.From, out.To = max(0, from-l.start), max(1, to-l.start)
	}
	return out
}

// end is when the newest bin ends.
func (l *timeline) end() int64 { return l.start + int64(l.last+1)*l.width }

package model

import "time"

// Limits of what a frame works beside painting, and the time between two frames from which on the second is late: a
// frame and a half at 60 a second.
const (
	mostWork  = 5 * time.Millisecond
	leastWork = time.Millisecond / 2
	lateFrame = 25 * time.Millisecond
)

// Pace says how long an animation frame may work at what can wait: five milliseconds while frames come in time. Each
// late one halves that, because painting and taking in records then need the time; each that is in time gives a quarter
// back. What is put off is not lost: scans go on a little slower, and messages that are not decoded are counted.
type Pace struct{ work time.Duration }

// Work returns how long this frame may work. Since is how long ago the frame before began, 0 when there was none that
// left work to do.
func (p *Pace) Work(since time.Duration) time.Duration {
	switch {
	case p.work == 0:
		p.work = mostWork
	case since > lateFrame:
		p.work = max(leastWork, p.work/2)
	default:
		p.work = min(mostWork, p.work+p.work/4)
	}
	return p.work
}

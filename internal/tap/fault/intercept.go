package fault

import (
	"errors"
	"slices"
	"time"

	"github.com/tetherscope/tetherscope/internal/budget"
	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// InterceptedFrame is a frame that waits for a decision.
type InterceptedFrame struct {
	ID    uint64 // in its shaper, from 1 up
	Bytes []byte // as they are forwarded: of a compressed message, an uncompressed frame
	Until time.Duration

	Message    uint64 // number of its message in the sender's direction; 0 for a control frame
	Compressed bool   // it came compressed
	from       uint64 // see Step
	to         uint64
	came       time.Duration
}

// ErrNotIntercepted says that a frame is not intercepted any more.
var ErrNotIntercepted = errors.New("that frame is not intercepted: a decision was made, or its time is over")

// intercepts are the frames of a shaper that wait for a decision, oldest first.
type intercepts struct {
	frames []InterceptedFrame
	count  uint64 // of all so far
	size   int64  // bytes of frames
	lease  budget.Lease
}

// add intercepts a frame, if [budget.Intercepted] has room for it.
func (x *intercepts) add(f InterceptedFrame) bool {
	if !x.resize(len(f.Bytes)) {
		return false
	}
	x.count++
	f.ID = x.count
	x.frames = append(x.frames, f)
	return true
}

func (x *intercepts) resize(delta int) bool {
	if !x.lease.Resize(budget.Intercepted, x.size+int64(delta)) {
		return false
	}
	x.size += int64(delta)
	return true
}

// take removes an intercepted frame.
func (x *intercepts) take(id uint64) (InterceptedFrame, error) {
	i := slices.IndexFunc(x.frames, func(f InterceptedFrame) bool { return f.ID == id })
	if i < 0 {
		return InterceptedFrame{}, ErrNotIntercepted
	}
	f := x.frames[i]
	x.frames = slices.Delete(x.frames, i, i+1)
	x.resize(-len(f.Bytes))
	return f, nil
}

// forward passes an intercepted frame on, or other frames in its place.
func (x *intercepts) forward(o *output, now time.Duration, id uint64, instead []byte, marks record.Marks) error {
	f, err := x.take(id)
	if err != nil {
		return err
	}
	s := Step{Bytes: f.Bytes, due: now, From: f.from, To: f.to, Came: f.came}
	if marks != 0 {
		s.Bytes, s.Shown, s.Marks = instead, instead, marks
	}
	o.queue(s)
	return nil
}

// expire passes on the frames whose time is over.
func (x *intercepts) expire(o *output, now time.Duration) {
	for i := 0; i < len(x.frames); {
		if f := x.frames[i]; f.Until <= now {
			_ = x.forward(o, now, f.ID, nil, 0) // it is intercepted
			continue
		}
		i++
	}
}

// release passes on all frames.
func (x *intercepts) release(o *output, now time.Duration) {
	for len(x.frames) > 0 {
		_ = x.forward(o, now, x.frames[0].ID, nil, 0) // it is intercepted
	}
}

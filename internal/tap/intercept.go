package tap

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// Intercepted returns the frames of a connection that wait for a decision, those to the client first.
func (i Injector) Intercepted() []Intercepted {
	return append(i.c.in.intercepted(), i.c.out.intercepted()...)
}

// Resolve carries out the decision about an intercepted frame. For [Replace], frames are the whole frames that take its place.
// It returns [fault.ErrNotIntercepted] when a decision was made already, [ErrNotWhole] or [ErrEnded].
func (i Injector) Resolve(dir record.Dir, id uint64, d Decision, frames []byte) error {
	if d == Replace && (len(frames) == 0 || !frame.Whole(frames)) {
		return ErrNotWhole
	}
	if i.c.ended() {
		return ErrEnded
	}
	if err := i.c.direction(dir).resolve(id, d, frames); err != nil {
		return err
	}
	i.c.wakeShaped(dir)
	return nil
}

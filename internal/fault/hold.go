package fault

import (
	"slices"
	"time"

	"github.com/tetherscope/tetherscope/internal/record"
)

// Held returns the frames that wait for a decision, oldest first.
func (l *Lane) Held() []HeldFrame { return slices.Clone(l.held) }

// Forward passes a held frame on as it came.
func (l *Lane) Forward(now time.Duration, id uint64) error { return l.forward(now, id, nil, 0) }

// Replace passes other frames on in place of a held one.
func (l *Lane) Replace(now time.Duration, id uint64, frames []byte) error {
	return l.forward(now, id, frames, record.Injected|record.Edited)
}

// Discard drops a held frame.
func (l *Lane) Discard(id uint64) error {
	_, err := l.unhold(id)
	return err
}

func (l *Lane) unhold(id uint64) (HeldFrame, error) {
	i := slices.IndexFunc(l.held, func(h HeldFrame) bool { return h.ID == id })
	if i < 0 {
		return HeldFrame{}, ErrNotHeld
	}
	h := l.held[i]
	l.held = slices.Delete(l.held, i, i+1)
	l.bytes -= len(h.Bytes)
	return h, nil
}

func (l *Lane) forward(now time.Duration, id uint64, instead []byte, marks record.Marks) error {
	h, err := l.unhold(id)
	if err != nil {
		return err
	}
	s := Step{Bytes: h.Bytes, due: now, From: h.from, To: h.to, Came: h.came}
	if marks != 0 {
		s.Bytes, s.Shown, s.Marks = instead, instead, marks
	}
	l.queue(s)
	return nil
}

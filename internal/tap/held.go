package tap

import (
	"errors"
	"time"

	"github.com/tetherscope/tetherscope/internal/fault"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// Held is a frame that a rule holds until somebody decides about it.
type Held struct {
	Conn  uint32
	Dir   record.Dir
	ID    uint64        // in its direction
	Bytes []byte        // as it came
	Left  time.Duration // until it is forwarded as it came
}

// Verdict is what is decided about a held frame.
type Verdict uint8

// The verdicts.
const (
	Forward Verdict = iota + 1 // as it came
	Discard
	Replace // by other frames
)

// Held returns the frames that wait for a decision in a connection, those to the client first.
func (w Wire) Held() []Held {
	return append(w.c.in.heldFrames(), w.c.out.heldFrames()...)
}

func (d *direction) heldFrames() (list []Held) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.under == nil {
		return nil
	}
	for _, h := range d.under.lane.Held() {
		list = append(list, Held{d.rec.Conn, d.rec.Dir, h.ID, h.Bytes, max(h.Until-d.under.now(), 0)})
	}
	return list
}

// Decide decides about a held frame. Frames are what takes its place, whole ones, for [Replace]. It returns
// [fault.ErrNotHeld] when that was decided already, [ErrNotWhole] or [ErrEnded].
func (w Wire) Decide(dir record.Dir, id uint64, v Verdict, frames []byte) error {
	if v == Replace && (len(frames) == 0 || !frame.Whole(frames)) {
		return ErrNotWhole
	}
	if w.c.ended() {
		return ErrEnded
	}
	if err := w.c.way(dir).decide(id, v, frames); err != nil {
		return err
	}
	if dir == record.Out {
		w.c.wakeReader()
		return nil
	}
	go w.c.pumpAlone()
	return nil
}

func (d *direction) decide(id uint64, v Verdict, frames []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.under == nil {
		return fault.ErrNotHeld
	}
	l, now := d.under.lane, d.under.now()
	switch v {
	case Forward:
		return l.Forward(now, id)
	case Discard:
		return l.Discard(id)
	case Replace:
		return l.Replace(now, id, frames)
	}
	return errors.New("tap: no such verdict")
}

package tap

import (
	"sync/atomic"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// queue is what waits to be put into a direction. The direction's lock guards it.
type queue struct {
	acting atomic.Bool // somebody acts on this direction: look closer than at bytes that only pass
	jobs   []*waiting
	bytes  int
	gone   error // why nothing can be put in any more
}

// waiting is an insertion in a queue. Everything but done is guarded by the direction's lock until done is closed.
type waiting struct {
	Insertion
	data bool // more than control frames

	taken bool // its bytes are being handed over
	where Inserted
	err   error
	done  chan struct{}
}

// outcome is what Insert returns. The job is done.
func (w *waiting) outcome() (Inserted, error) {
	<-w.done
	return w.where, w.err
}

// end says how it went, once.
func (w *waiting) end(err error) {
	select {
	case <-w.done:
	default:
		w.err = err
		close(w.done)
	}
}

// enqueue takes an insertion.
func (d *direction) enqueue(job *waiting) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.gone != nil:
		return d.gone
	case d.dec == nil:
		return ErrHandshake
	case d.dec.Err() != nil:
		return ErrBroken
	case len(d.jobs) >= MaxWaiting || d.bytes+len(job.Frames) > MaxWaitingBytes:
		return ErrFull
	}
	d.jobs = append(d.jobs, job)
	d.bytes += len(job.Frames)
	d.acting.Store(true)
	return nil
}

// withdraw gives up waiting for an insertion: it is done afterwards.
func (d *direction) withdraw(job *waiting) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if job.taken {
		job.end(ErrUnread)
		return
	}
	d.remove(job)
	job.end(ErrWaiting)
}

func (d *direction) remove(job *waiting) {
	for i, one := range d.jobs {
		if one == job {
			d.jobs = append(d.jobs[:i], d.jobs[i+1:]...)
			d.bytes -= len(job.Frames)
			return
		}
	}
}

// shut refuses what waits and whatever comes.
func (d *direction) shut(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gone != nil {
		return
	}
	d.gone = err
	for _, job := range d.jobs {
		job.end(err)
	}
	d.jobs, d.bytes = nil, 0
}

// due returns the insertion whose turn it is, or nil when none can go here and now. One that waits for the end of a message
// lets those behind it pass. The caller holds the lock.
func (d *direction) due() *waiting {
	if d.dec == nil || len(d.jobs) == 0 {
		return nil
	}
	if d.dec.Err() != nil {
		d.failAll(ErrBroken)
		return nil
	}
	if d.dec.Left() != 0 {
		return nil
	}
	inside := d.dec.State().InMessage
	for i := 0; i < len(d.jobs); i++ {
		job := d.jobs[i]
		switch {
		case !inside || !job.data || job.Inside == InsideForce:
			return job
		case job.Inside == InsideRefuse:
			d.remove(job)
			job.end(ErrInMessage)
			i--
		}
	}
	return nil
}

func (d *direction) failAll(err error) {
	for _, job := range d.jobs {
		job.end(err)
	}
	d.jobs, d.bytes = nil, 0
}

// isDue reports whether there is an insertion that can go here and now.
func (d *direction) isDue() bool {
	if !d.acting.Load() {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.due() != nil
}

// take removes the insertion whose turn it is, records its frames, and returns it; nil for none.
func (d *direction) take() *waiting {
	d.mu.Lock()
	defer d.mu.Unlock()
	job := d.due()
	if job == nil {
		return nil
	}
	d.remove(job)
	job.taken = true
	job.where = Inserted{Offset: d.dec.Offset()}
	d.broke = 0
	d.rec.Marks = job.Marks
	d.decode(job.Frames)
	d.rec.Marks = 0
	job.where.Violations = d.broke
	return job
}

// settled says how the handing over of an insertion went.
func (d *direction) settled(job *waiting, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	job.end(err)
}

// place returns how the direction stands.
func (d *direction) place() Place {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gone != nil || d.dec == nil || d.dec.Err() != nil {
		return Place{Waiting: len(d.jobs)}
	}
	return Place{Ready: true, Between: d.dec.Left() == 0, State: d.dec.State(), Waiting: len(d.jobs)}
}

// next returns how many bytes of p go before the next place between two frames, at least 1. Without a decoder, or with a
// broken one, that is all of them.
func (d *direction) next(p []byte) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.before(p)
}

// before is next for who holds the lock.
func (d *direction) before(p []byte) int {
	if d.dec == nil || d.over || d.dec.Err() != nil {
		return len(p)
	}
	left := d.dec.Left()
	if left == 0 {
		h, n := frame.ParseHeader(p)
		if n == 0 {
			return len(p)
		}
		left = uint64(n) + min(h.Length, uint64(len(p)))
	}
	return int(min(left, uint64(len(p))))
}

// room returns how many bytes may be read without reading past the next place between two frames.
func (d *direction) room(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.dec == nil || d.over || d.dec.Err() != nil || len(d.jobs) == 0:
		return n
	case d.dec.Left() == 0:
		return min(n, 2) // no frame is shorter; what is missing of a longer one is known then
	}
	return int(min(d.dec.Left(), uint64(n)))
}

// way returns the direction in which bytes go.
func (c *conn) way(dir record.Dir) *direction {
	if dir == record.In {
		return &c.in
	}
	return &c.out
}

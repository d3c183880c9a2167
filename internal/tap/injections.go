package tap

import "github.com/tetherscope/tetherscope/internal/frame"

// Place is the state of a direction: whether, and what, can be injected there now.
type Place struct {
	Ready   bool        // the handshake is complete and nothing is broken
	Between bool        // it is at a boundary between two frames
	State   frame.State // the state that the next frame is checked against
	Waiting int         // injections that wait
}

// enqueue takes an injection.
func (d *direction) enqueue(job *waiting) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed != nil:
		return d.closed
	case d.dec == nil:
		return ErrHandshake
	case d.dec.Err() != nil:
		return ErrBroken
	}
	if err := d.add(job); err != nil {
		return err
	}
	d.acting.Store(true)
	return nil
}

// withdraw completes an injection whose caller waits no longer.
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

// close fails the injections that wait and refuses later ones.
func (d *direction) close(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed != nil {
		return
	}
	d.closed = err
	d.failAll(err)
}

// hasDue reports whether there is an injection that can be sent now.
func (d *direction) hasDue() bool {
	if !d.acting.Load() {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.nextDue(d.dec) != nil
}

// take removes the next injection that can be sent now, records its frames, and returns it; nil for none.
func (d *direction) take() *waiting {
	d.mu.Lock()
	defer d.mu.Unlock()
	job := d.nextDue(d.dec)
	if job == nil {
		return nil
	}
	d.remove(job)
	job.taken = true
	job.where = Injected{Offset: d.dec.Offset()}
	d.violations = 0
	d.rec.Marks = job.Marks
	d.decode(job.Frames)
	d.rec.Marks = 0
	job.where.Violations = d.violations
	return job
}

// complete completes an injection that was taken.
func (d *direction) complete(job *waiting, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	job.end(err)
}

// place returns the state of the direction.
func (d *direction) place() Place {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed != nil || d.dec == nil || d.dec.Err() != nil {
		return Place{Waiting: len(d.jobs)}
	}
	return Place{Ready: true, Between: d.dec.Left() == 0, State: d.dec.State(), Waiting: len(d.jobs)}
}

// next returns how many bytes of p may be written before the next boundary between two frames.
func (d *direction) next(p []byte) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.untilBoundary(p)
}

// room returns how many of n bytes may be read without reading past the next boundary between two frames.
func (d *direction) room(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.unframed() || len(d.jobs) == 0:
		return n
	case d.dec.Left() == 0:
		return min(n, 2) // no frame is shorter; what is missing of a longer one is known then
	}
	return int(min(d.dec.Left(), uint64(n)))
}

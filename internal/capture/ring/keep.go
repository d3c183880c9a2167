package ring

import "time"

// keepPatience is how long one append waits for a subscriber of [Ring.SubscribeKept]. A disk that takes a quarter of the default ring's
// bytes in this time, 160 MB/s, loses nothing. A slower one costs every connection this much once in keepPause, a tenth of the
// time, and loses records in between, as any subscriber does.
const (
	keepPatience = 100 * time.Millisecond
	keepPause    = time.Second
)

// pace is what a ring knows about the subscriber that appends wait for. Its fields are guarded by the ring's lock.
type pace struct {
	late  int64         // not 0: it did not catch up within the patience; until records are of this time, or it did, appends do not wait
	moved chan struct{} // closed when it has caught up or is gone; nil while no append waits
}

// SubscribeKept is [Ring.Subscribe] for a reader that should miss nothing, such as a recording. On a machine whose processors are all busy
// with traffic, a reader gets a share of them that may be too small for everything, although the disk could take it. So an
// append that finds more than half of the ring unread by this subscriber waits until three quarters are free, for 100 ms at most. A
// reader that needs longer than that is not waited for in the next second, or until it has caught up: what it misses is counted
// as for any other.
// A ring has one such subscriber: a second one is an ordinary subscriber.
func (r *Ring) SubscribeKept() *Subscriber {
	s := r.Subscribe()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil {
		r.kept = s
	}
	return s
}

// overrun returns what an append must wait for: nil, unless the kept subscriber is far behind. The caller holds the lock.
func (r *Ring) overrun() <-chan struct{} {
	s := r.kept
	if s == nil || r.lastTime < s.late || r.closed || r.unread(s) <= r.buffer.limit/2 {
		return nil
	}
	if s.moved == nil {
		s.moved = make(chan struct{})
	}
	return s.moved
}

// unread returns how many bytes of chunks s has not read to their end. The caller holds the lock.
func (r *Ring) unread(s *Subscriber) int {
	g := &r.buffer
	return int(g.base+uint64(len(g.chunks))-max(s.cur.chunk, g.base)) * g.size
}

// waitFor waits until the kept subscriber has caught up, or for the patience.
func (r *Ring) waitFor(moved <-chan struct{}) {
	t := time.NewTimer(keepPatience)
	defer t.Stop()
	select {
	case <-moved:
		return
	case <-t.C:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.kept; s != nil && s.moved == moved {
		s.late = r.lastTime + int64(keepPause)
		s.release()
	}
}

// caughtUp lets appends go on once s has read enough. The caller holds the lock.
func (r *Ring) caughtUp(s *Subscriber) {
	if s == r.kept && r.unread(s) <= r.buffer.limit/4 {
		s.late = 0
		s.release()
	}
}

// letGo ends the waiting for a subscriber that has closed. The caller holds the lock.
func (r *Ring) letGo(s *Subscriber) {
	if s == r.kept {
		r.kept = nil
		s.release()
	}
}

// release wakes the appends that wait.
func (p *pace) release() {
	if p.moved != nil {
		close(p.moved)
		p.moved = nil
	}
}

package ring

import (
	"context"
	"errors"
	"time"
)

// A batch leaves when this much is waiting, or this long after the first record of it came.
const (
	flushBytes    = 32 << 10
	flushInterval = 4 * time.Millisecond
)

// ErrClosed is what [Subscriber.Next] returns when the ring or the subscriber was closed and everything was read.
var ErrClosed = errors.New("ring: closed")

// Subscriber reads the ring at its own pace. One goroutine at a time may call Next; Close may be called from any.
type Subscriber struct {
	ring   *Ring
	cur    cursor
	wake   chan struct{}
	parked bool // waits for wake; guarded by ring.mu
	closed bool // guarded by ring.mu
	pace        // of a subscriber that appends wait for
}

// Subscribe returns a subscriber that starts at the oldest record in the ring. The caller must Close it.
func (r *Ring) Subscribe() *Subscriber {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &Subscriber{ring: r, cur: r.buffer.first(), wake: make(chan struct{}, 1)}
	r.subs[s] = struct{}{}
	return s
}

// SubscribeFrom is [Ring.Subscribe] for a reader that goes on at the record with a number. If the ring does not hold that any more, the
// first batch says how many are missing; a number beyond the next record is that of the next.
func (r *Ring) SubscribeFrom(seq uint64) *Subscriber {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &Subscriber{ring: r, cur: r.buffer.from(seq), wake: make(chan struct{}, 1)}
	r.subs[s] = struct{}{}
	return s
}

// Next appends the next batch to dst and returns it. It waits until there are records, then a few milliseconds more so
// that a batch is worth sending, unless enough is there already. It returns ctx.Err() when ctx ends first, and
// [ErrClosed] when nothing will come any more.
func (s *Subscriber) Next(ctx context.Context, dst []byte) ([]byte, error) {
	fresh, err := s.wait(ctx)
	if err != nil {
		return dst, err
	}
	if fresh {
		if err := s.linger(ctx); err != nil {
			return dst, err
		}
	}
	next := s.claim()
	return next.appendTo(dst), nil
}

// claim returns the next records, which it counts as read.
func (s *Subscriber) claim() span {
	r := s.ring
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.buffer.take(&s.cur, r.buffer.next)
	r.missed += next.batch.Missed
	r.caughtUp(s)
	return next
}

// wait returns once there is something to read. fresh says that there is little of it, so that waiting a little pays.
func (s *Subscriber) wait(ctx context.Context) (fresh bool, err error) {
	r := s.ring
	for {
		r.mu.Lock()
		switch {
		case s.cur.seq < r.buffer.next:
			fresh = !r.closed && !s.closed && s.pending() < flushBytes
			r.mu.Unlock()
			return fresh, ctx.Err()
		case r.closed || s.closed:
			r.mu.Unlock()
			return false, ErrClosed
		}
		s.park()
		r.mu.Unlock()
		select {
		case <-s.wake:
		case <-ctx.Done():
			s.unpark()
			return false, ctx.Err()
		}
	}
}

// pending returns how many bytes wait in the chunk of the cursor, or a chunk's worth when the cursor is in an older
// one. The caller holds the lock.
func (s *Subscriber) pending() int {
	g := &s.ring.buffer
	if last := g.base + uint64(len(g.chunks)) - 1; s.cur.chunk != last {
		return g.size
	}
	return len(g.chunks[len(g.chunks)-1].buf) - s.cur.at
}

// park registers for a wake. The caller holds the lock.
func (s *Subscriber) park() {
	s.parked = true
	s.ring.waiting++
}

// unpark undoes park, and receives the wake if it came meanwhile.
func (s *Subscriber) unpark() {
	s.ring.mu.Lock()
	defer s.ring.mu.Unlock()
	if s.parked {
		s.parked = false
		s.ring.waiting--
		return
	}
	<-s.wake
}

// linger waits for the flush interval.
func (s *Subscriber) linger(ctx context.Context) error {
	t := time.NewTimer(flushInterval)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends the subscription; a Next that waits returns [ErrClosed]. Closing twice does nothing.
func (s *Subscriber) Close() {
	r := s.ring
	r.mu.Lock()
	defer r.mu.Unlock()
	s.closed = true
	delete(r.subs, s)
	r.letGo(s)
	if s.parked {
		s.parked = false
		r.waiting--
		s.wake <- struct{}{}
	}
}

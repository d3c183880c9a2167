package hub

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

// ErrClosed is what [Subscriber.Next] returns when the hub or the subscriber was closed and everything was read.
var ErrClosed = errors.New("hub: closed")

// Subscriber reads the ring at its own pace. One goroutine at a time may call Next; Close may be called from any.
type Subscriber struct {
	hub    *Hub
	cur    cursor
	wake   chan struct{}
	parked bool // waits for wake; guarded by hub.mu
	closed bool // guarded by hub.mu
}

// Subscribe returns a subscriber that starts at the oldest record in the ring. The caller must Close it.
func (h *Hub) Subscribe() *Subscriber {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := &Subscriber{hub: h, cur: h.ring.first(), wake: make(chan struct{}, 1)}
	h.subs[s] = struct{}{}
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
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	dst, missed := h.ring.read(dst, &s.cur, h.ring.next)
	h.missed += missed
	return dst, nil
}

// wait returns once there is something to read. fresh says that there is little of it, so that waiting a little pays.
func (s *Subscriber) wait(ctx context.Context) (fresh bool, err error) {
	h := s.hub
	for {
		h.mu.Lock()
		switch {
		case s.cur.seq < h.ring.next:
			fresh = !h.closed && !s.closed && s.pending() < flushBytes
			h.mu.Unlock()
			return fresh, ctx.Err()
		case h.closed || s.closed:
			h.mu.Unlock()
			return false, ErrClosed
		}
		s.park()
		h.mu.Unlock()
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
	g := &s.hub.ring
	if last := g.base + uint64(len(g.chunks)) - 1; s.cur.chunk != last {
		return g.size
	}
	return len(g.chunks[len(g.chunks)-1].buf) - s.cur.at
}

// park asks to be woken. The caller holds the lock.
func (s *Subscriber) park() {
	s.parked = true
	s.hub.waiting++
}

// unpark takes that back, and takes the token out if the wake came meanwhile.
func (s *Subscriber) unpark() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if s.parked {
		s.parked = false
		s.hub.waiting--
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
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	s.closed = true
	delete(h.subs, s)
	if s.parked {
		s.parked = false
		h.waiting--
		s.wake <- struct{}{}
	}
}

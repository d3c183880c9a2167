package hub

import (
	"sync"

	"github.com/tetherscope/tetherscope/internal/record"
)

// DefaultSize is the bound of a ring in bytes when none is asked for.
const DefaultSize = 64 << 20

// Hub is a ring of encoded records with subscribers. All methods may be called from any goroutine.
type Hub struct {
	mu       sync.Mutex
	ring     ring
	lastTime int64
	subs     map[*Subscriber]struct{}
	waiting  int // subscribers parked in Next: an append looks at subs only when there are some
	missed   uint64
	closed   bool
}

// New returns a hub whose ring takes at most size bytes of memory; size <= 0 means [DefaultSize]. Memory is taken as
// records arrive.
func New(size int) *Hub {
	if size <= 0 {
		size = DefaultSize
	}
	return &Hub{ring: newRing(size), subs: map[*Subscriber]struct{}{}}
}

// Append encodes r into the ring and wakes the subscribers. It gives r its Seq, and moves r.Time forward to the time of
// the record before it when two connections raced for the lock, so that a capture is ordered by time. Nothing of r is
// kept. Append never waits for a subscriber and allocates nothing once the ring has reached its size.
func (h *Hub) Append(r *record.Record) {
	h.mu.Lock()
	if r.Time < h.lastTime {
		r.Time = h.lastTime
	}
	h.lastTime = r.Time
	h.ring.append(r)
	if h.waiting > 0 {
		h.wakeAll()
	}
	h.mu.Unlock()
}

// Stats says how the hub stands.
type Stats struct {
	Appended    uint64 // records since the hub began
	Evicted     uint64 // records dropped to stay within the bound
	Held        uint64 // records in the ring now
	Bytes       int    // bytes of memory that the ring has taken
	Limit       int    // its bound in bytes
	Subscribers int
	Missed      uint64 // records that some subscriber was too slow for, summed over all subscribers
}

// Stats returns the counters of this moment.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Stats{
		Appended:    h.ring.next - 1,
		Evicted:     h.ring.evicted,
		Held:        h.ring.next - h.ring.oldest(),
		Bytes:       h.ring.bytes,
		Limit:       h.ring.limit,
		Subscribers: len(h.subs),
		Missed:      h.missed,
	}
}

// Snapshot calls each for batches that together hold the ring's content as it was when Snapshot was called, oldest
// first, and stops early when each returns false. A batch is valid only during its call. Records that are evicted while
// the snapshot is being read show up as Missed. Appends go on meanwhile.
func (h *Hub) Snapshot(each func(batch []byte) bool) {
	h.mu.Lock()
	end := h.ring.next
	cur := h.ring.first()
	h.mu.Unlock()
	var buf []byte
	for {
		h.mu.Lock()
		if cur.seq >= end {
			h.mu.Unlock()
			return
		}
		buf, _ = h.ring.read(buf[:0], &cur, end)
		h.mu.Unlock()
		if len(buf) == 0 || !each(buf) {
			return
		}
	}
}

// Close ends the hub: subscribers read what is left and then get [ErrClosed]. Records appended later are kept, but wake
// nobody.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	h.wakeAll()
}

// wakeAll wakes every parked subscriber. The caller holds the lock.
func (h *Hub) wakeAll() {
	for s := range h.subs {
		if s.parked {
			s.parked = false
			s.wake <- struct{}{} // never blocks: room for one, and parked is set anew only after it was taken
		}
	}
	h.waiting = 0
}

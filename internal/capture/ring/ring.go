package ring

import (
	"sync"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// DefaultSize is the bound of a ring in bytes when none is asked for.
const DefaultSize = 64 << 20

// Ring holds the newest records, encoded, and has subscribers. All methods may be called from any goroutine.
type Ring struct {
	mu       sync.Mutex
	buffer   buffer
	lastTime int64
	subs     map[*Subscriber]struct{}
	waiting  int // subscribers parked in Next: an append looks at subs only when there are some
	missed   uint64
	closed   bool
	kept     *Subscriber // the one that appends wait for; see keep.go
}

// New returns a ring that takes at most size bytes of memory; size <= 0 means [DefaultSize]. Memory is taken as
// records arrive.
func New(size int) *Ring {
	if size <= 0 {
		size = DefaultSize
	}
	return &Ring{buffer: newBuffer(size), subs: map[*Subscriber]struct{}{}}
}

// Append encodes rec into the ring and wakes the subscribers. It gives rec its Seq, and moves rec.Time forward to the time of
// the record before it when two connections raced for the lock, so that a capture is ordered by time. Nothing of rec is
// kept. Append waits for no subscriber but one of [Ring.SubscribeKept], and allocates nothing once the ring has reached its size.
func (r *Ring) Append(rec *record.Record) {
	r.mu.Lock()
	r.inOrder(&rec.Time)
	r.buffer.append(rec)
	r.appended()
}

// AppendRun is [Ring.Append] for frames that came together. They become records when a reader gets them, each with a number of its own.
func (r *Ring) AppendRun(run *record.Run) {
	r.mu.Lock()
	r.inOrder(&run.Time)
	r.buffer.appendRun(run)
	r.appended()
}

// inOrder moves a time forward to that of the record before it. The caller holds the lock.
func (r *Ring) inOrder(at *int64) {
	*at = max(*at, r.lastTime)
	r.lastTime = *at
}

// AppendLate is [Ring.Append] for a record that was made elsewhere and came later: it keeps its time, which may be before that of the
// record before it.
func (r *Ring) AppendLate(rec *record.Record) {
	r.mu.Lock()
	r.buffer.append(rec)
	r.appended()
}

// appended lets readers know of what was appended. It is called with the lock, which it gives back.
func (r *Ring) appended() {
	if r.waiting > 0 {
		r.wakeAll()
	}
	moved := r.overrun()
	r.mu.Unlock()
	if moved != nil {
		r.waitFor(moved)
	}
}

// Stats are the counters of a ring.
type Stats struct {
	Appended    uint64 // records appended since the ring was made
	Evicted     uint64 // records dropped to stay within the bound
	Held        uint64 // records kept now
	Bytes       int    // bytes of memory that are taken
	Limit       int    // the bound of Bytes
	Subscribers int
	Missed      uint64 // records that some subscriber was too slow for, summed over all subscribers
}

// Stats returns the current counters.
func (r *Ring) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Stats{
		Appended:    r.buffer.next - 1,
		Evicted:     r.buffer.evicted,
		Held:        r.buffer.next - r.buffer.oldest(),
		Bytes:       r.buffer.bytes,
		Limit:       r.buffer.limit,
		Subscribers: len(r.subs),
		Missed:      r.missed,
	}
}

// Snapshot calls each for batches that together hold the ring's content as it was when Snapshot was called, oldest
// first, and stops early when each returns false. A batch is valid only during its call. Records that are evicted while
// the snapshot is being read show up as Missed. Appends go on meanwhile.
func (r *Ring) Snapshot(each func(batch []byte) bool) {
	r.mu.Lock()
	end := r.buffer.next
	cur := r.buffer.first()
	r.mu.Unlock()
	var buf []byte
	for {
		r.mu.Lock()
		if cur.seq >= end {
			r.mu.Unlock()
			return
		}
		s := r.buffer.take(&cur, end)
		r.mu.Unlock()
		buf = s.appendTo(buf[:0])
		if len(buf) == 0 || !each(buf) {
			return
		}
	}
}

// Record calls use with a record that the ring holds, and reports whether it does. The record is valid only during the call.
func (r *Ring) Record(seq uint64, use func(*record.Record)) (found bool) {
	buf := r.find(seq)
	if len(buf) == 0 {
		return false
	}
	_, _ = record.ReadBatch(buf, func(rec *record.Record) bool { // our own batches are well formed
		found = rec.Seq == seq
		use(rec)
		return false
	})
	return found
}

// find returns a batch with the one record, or nothing when the ring does not hold it.
func (r *Ring) find(seq uint64) []byte {
	r.mu.Lock()
	cur, ok := r.buffer.find(seq)
	if !ok {
		r.mu.Unlock()
		return nil
	}
	s := r.buffer.take(&cur, seq+1)
	r.mu.Unlock()
	return s.appendTo(nil)
}

// Close closes the ring: subscribers read what is left and then get [ErrClosed]. Records appended later are kept, but wake no
// subscriber.
func (r *Ring) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.kept != nil {
		r.kept.release()
	}
	r.wakeAll()
}

// wakeAll wakes every parked subscriber. The caller holds the lock.
func (r *Ring) wakeAll() {
	for s := range r.subs {
		if s.parked {
			s.parked = false
			s.wake <- struct{}{} // never blocks: room for one, and parked is set again only after it was received
		}
	}
	r.waiting = 0
}

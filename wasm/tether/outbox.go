package tether

import (
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/broadcast"
)

// outbox is an outboxList with its lock, a broadcaster for senders that wait for room, and a store of used buffers.
type outbox struct {
	room    broadcast.Broadcaster // a message left the outbox
	changed func()                // a message was given up between two looks: the client's goroutine is to look

	mu    sync.Mutex
	list  outboxList
	woken bool // the client's goroutine was woken and has not looked yet
	spare [][]byte
	timer *time.Timer // fires when the first message expires
	due   time.Time   // when that is; zero: it does not run
}

// The store of used buffers keeps a few of ordinary size, so that a steady stream of messages allocates nothing.
const (
	maxSpare     = 32
	maxSpareSize = 64 << 10
	freshSize    = 256 // of a new buffer: most messages are smaller
)

// buffer returns an empty buffer to encode into.
func (q *outbox) buffer() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(q.spare); n > 0 {
		b := q.spare[n-1]
		q.spare = q.spare[:n-1]
		return b[:0]
	}
	return make([]byte, 0, freshSize)
}

// own returns b as memory that belongs to the outbox, which is later written to again. dst came from buffer and went to a
// codec, which returned b: if b does not begin where dst does, it may be the codec's memory or the application's.
func (q *outbox) own(dst, b []byte) []byte {
	if len(b) > 0 && &b[0] == &dst[:1][0] {
		return b
	}
	b = append([]byte(nil), b...)
	q.mu.Lock()
	defer q.mu.Unlock()
	if cap(dst) >= len(b) { // else too small for what is sent here: b takes its place
		q.recycle(dst)
	}
	return b
}

// recycle keeps a buffer that is free. The lock is held.
func (q *outbox) recycle(b []byte) {
	if cap(b) > 0 && cap(b) <= maxSpareSize && len(q.spare) < maxSpare {
		q.spare = append(q.spare, b)
	}
}

// put takes p. wake: the client's goroutine must be woken.
func (q *outbox) put(p outgoing) (v pushResult, wake bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	v = q.list.push(p, q.now())
	if v != queued && v != notTaken {
		return v, false
	}
	wake, q.woken = !q.woken, true
	if v == queued && p.ttl > 0 {
		q.watchFor(p.expires)
	}
	return v, wake
}

// watchFor makes expired run at t, if not earlier. The lock is held.
func (q *outbox) watchFor(t time.Time) {
	if !q.due.IsZero() && !t.Before(q.due) {
		return
	}
	q.due = t
	if q.timer == nil {
		q.timer = time.AfterFunc(time.Until(t), q.expired)
		return
	}
	q.timer.Reset(time.Until(t))
}

// expired gives up what has expired, and waits for the next.
func (q *outbox) expired() {
	q.mu.Lock()
	q.due = time.Time{}
	q.list.expire(q.now())
	if t, some := q.list.firstExpiry(); some {
		q.watchFor(t)
	}
	q.mu.Unlock()
	q.room.Broadcast()
	q.changed()
}

// now is the time, if that matters to anything that waits. The lock is held.
func (q *outbox) now() (t time.Time) {
	if q.list.timed > 0 {
		t = time.Now()
	}
	return t
}

// offer copies what the transport needs: the list may move while it is busy. taken or refused must follow.
func (q *outbox) offer() (m codec.Message, r *Receipt, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.woken = false
	return q.next()
}

// taken notes that the transport has what was offered, in used, and offers the next.
func (q *outbox) taken(used []byte) (m codec.Message, r *Receipt, ok bool) {
	q.mu.Lock()
	q.list.taken()
	q.recycle(used)
	m, r, ok = q.next()
	q.mu.Unlock()
	q.room.Broadcast()
	return m, r, ok
}

// next offers the head. The lock is held.
func (q *outbox) next() (m codec.Message, r *Receipt, ok bool) {
	p := q.list.offer(q.now())
	if p == nil {
		return m, nil, false
	}
	return p.Message, p.receipt, true
}

func (q *outbox) refused() {
	q.mu.Lock()
	q.list.refused()
	q.mu.Unlock()
}

func (q *outbox) cancel(r *Receipt) bool {
	q.mu.Lock()
	found := q.list.cancel(r)
	q.mu.Unlock()
	if found {
		q.room.Broadcast()
		q.changed()
	}
	return found
}

// discard gives up what was only for a connection that is not there. [Dropped] follows with the client's next event.
func (q *outbox) discard(p *outgoing) {
	q.mu.Lock()
	q.list.discard(p, dropVolatile)
	q.mu.Unlock()
}

// disconnected gives up what was for the connection that ended, and what has expired meanwhile.
func (q *outbox) disconnected() {
	q.mu.Lock()
	q.list.disconnected()
	q.list.expire(q.now())
	q.mu.Unlock()
	q.room.Broadcast()
}

// takeDropped returns what was given up since the last call; some is false if that is nothing.
func (q *outbox) takeDropped() (dropped [dropReasons]Limits, some bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	dropped = q.list.takeDropped()
	return dropped, dropped != [dropReasons]Limits{}
}

func (q *outbox) size() Limits {
	q.mu.Lock()
	defer q.mu.Unlock()
	return Limits{q.list.len(), q.list.bytes}
}

// shut takes no more; what is there is still sent.
func (q *outbox) shut() {
	q.mu.Lock()
	q.list.shut = true
	q.mu.Unlock()
	q.room.Broadcast()
}

func (q *outbox) clear() Limits {
	defer q.room.Broadcast()
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.timer != nil {
		q.timer.Stop()
	}
	return q.list.clear()
}

// conflated returns how many messages were replaced.
func (q *outbox) conflated() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.list.replaced
}

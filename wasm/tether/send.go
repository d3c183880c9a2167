package tether

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// sendQueue is the outbox with its lock, those who wait for room, and a store of used buffers.
type sendQueue struct {
	room beacon // lit when something left the outbox

	mu    sync.Mutex
	box   outbox
	asked bool // the client's goroutine was told and has not looked yet
	spare [][]byte
}

// The store of used buffers keeps a few of ordinary size, so that a steady stream of messages allocates nothing.
const (
	maxSpare     = 32
	maxSpareSize = 64 << 10
)

// buffer returns an empty buffer to encode into.
func (q *sendQueue) buffer() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(q.spare); n > 0 {
		b := q.spare[n-1]
		q.spare = q.spare[:n-1]
		return b[:0]
	}
	return nil
}

// recycle keeps a buffer that nobody needs any more. The lock is held.
func (q *sendQueue) recycle(b []byte) {
	if cap(b) > 0 && cap(b) <= maxSpareSize && len(q.spare) < maxSpare {
		q.spare = append(q.spare, b)
	}
}

// put takes p. wake: the client's goroutine has to be told.
func (q *sendQueue) put(p parcel) (v verdict, wake bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	v = q.box.push(p, q.now())
	if v != queued && v != dropped {
		return v, false
	}
	wake, q.asked = !q.asked, true
	return v, wake
}

// now is the time, if that matters to anything that waits. The lock is held.
func (q *sendQueue) now() (t time.Time) {
	if q.box.timed > 0 {
		t = time.Now()
	}
	return t
}

// offer copies what the transport needs: the list may move while it is busy. taken or refused must follow.
func (q *sendQueue) offer() (m codec.Message, r *Receipt, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.asked = false
	return q.next()
}

// taken notes that the transport has what was offered, in used, and offers the next.
func (q *sendQueue) taken(used []byte) (m codec.Message, r *Receipt, ok bool) {
	q.mu.Lock()
	q.box.taken()
	q.recycle(used)
	m, r, ok = q.next()
	q.mu.Unlock()
	q.room.light()
	return m, r, ok
}

// next offers the head. The lock is held.
func (q *sendQueue) next() (m codec.Message, r *Receipt, ok bool) {
	p := q.box.offer(q.now())
	if p == nil {
		return m, nil, false
	}
	return p.Message, p.receipt, true
}

func (q *sendQueue) refused() {
	q.mu.Lock()
	q.box.refused()
	q.mu.Unlock()
}

func (q *sendQueue) cancel(r *Receipt) bool {
	q.mu.Lock()
	found := q.box.cancel(r)
	q.mu.Unlock()
	if found {
		q.room.light()
	}
	return found
}

// discard gives up what was only for a connection that is not there. [Dropped] follows with the client's next event.
func (q *sendQueue) discard(p *parcel) {
	q.mu.Lock()
	q.box.giveUp(p, lostVolatile)
	q.mu.Unlock()
}

// disconnected gives up what was for the connection that ended, and what has expired meanwhile.
func (q *sendQueue) disconnected() {
	q.mu.Lock()
	q.box.disconnected()
	q.box.expire(q.now())
	q.mu.Unlock()
	q.room.light()
}

// takeLost returns what was given up since the last call; some is false if that is nothing.
func (q *sendQueue) takeLost() (lost [losses]Limits, some bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	lost = q.box.takeLost()
	return lost, lost != [losses]Limits{}
}

func (q *sendQueue) size() Limits {
	q.mu.Lock()
	defer q.mu.Unlock()
	return Limits{q.box.len(), q.box.bytes}
}

// shut takes no more; what is there is still sent.
func (q *sendQueue) shut() {
	q.mu.Lock()
	q.box.shut = true
	q.mu.Unlock()
	q.room.light()
}

func (q *sendQueue) clear() Limits {
	defer q.room.light()
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.box.clear()
}

// send puts an encoded message into the outbox. With wait it waits for room if the policy is Block.
func (s *shell) send(ctx context.Context, p parcel, wait bool) error {
	if p.receipt != nil {
		p.receipt.accept(&s.out)
	}
	err := s.enqueue(ctx, p, wait)
	if err != nil {
		p.receipt.settle(Discarded, err)
	}
	return err
}

func (s *shell) enqueue(ctx context.Context, p parcel, wait bool) error {
	if p.volatile && s.State() != Open {
		s.out.discard(&p)
		return nil
	}
	var room <-chan struct{}
	for {
		v, wake := s.out.put(p)
		switch v {
		case queued, dropped: // both are news: one to send, the other to tell
			if wake {
				s.sent()
			}
			return nil
		case tooLarge:
			return ErrMessageTooBig
		case shut:
			return ErrClosed
		case noRoom:
			if !wait || s.options.overflow != Block {
				return ErrQueueFull
			}
		}
		if room == nil {
			room = s.out.room.look() // and try once more: room may have come in between
			continue
		}
		select {
		case <-room:
			room = nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// beacon lets any number of goroutines wait for the next change of something. look first, then look at the thing, then
// wait: nothing is missed. A beacon that nobody looks at costs nothing.
type beacon struct {
	looked atomic.Bool // ch is not nil: so that to light it costs nothing otherwise
	mu     sync.Mutex
	ch     chan struct{}
}

// look returns a channel that is closed by the next light.
func (b *beacon) look() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
		b.looked.Store(true)
	}
	return b.ch
}

func (b *beacon) light() {
	if !b.looked.Load() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
		b.looked.Store(false)
	}
}

// conflated returns how many messages were replaced.
func (q *sendQueue) conflated() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.box.replaced
}

package tether

import (
	"context"
	"sync"

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

// put appends m. wake: the client's goroutine has to be told.
func (q *sendQueue) put(m codec.Message) (v verdict, wake bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	v = q.box.push(m)
	if v != queued {
		return v, false
	}
	wake, q.asked = !q.asked, true
	return v, wake
}

// heed notes that the client's goroutine is looking.
func (q *sendQueue) heed() {
	q.mu.Lock()
	q.asked = false
	q.mu.Unlock()
}

func (q *sendQueue) offer() (codec.Message, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.box.offer()
}

func (q *sendQueue) taken(used []byte) {
	q.mu.Lock()
	q.box.taken()
	q.recycle(used)
	q.mu.Unlock()
	q.room.light()
}

func (q *sendQueue) refused() {
	q.mu.Lock()
	q.box.refused()
	q.mu.Unlock()
}

func (q *sendQueue) takeLost() Limits {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.box.takeLost()
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
func (s *shell) send(ctx context.Context, m codec.Message, wait bool) error {
	var room <-chan struct{}
	for {
		v, wake := s.out.put(m)
		switch v {
		case queued:
			if wake {
				s.queue.push(event{kind: evQueued})
			}
			return nil
		case dropped:
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
	mu sync.Mutex
	ch chan struct{}
}

// look returns a channel that is closed by the next light.
func (b *beacon) look() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *beacon) light() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

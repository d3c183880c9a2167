package tether

import "sync"

// queue carries events from whoever has them to the client's goroutine. push never blocks and takes no lock that is
// held while anybody waits, so that a browser callback may call it. It is not bounded by itself: the client's goroutine
// never waits for anything else than this queue, so it holds what arrives while that goroutine is being scheduled.
type queue struct {
	mu     sync.Mutex
	list   []event
	wake   chan struct{} // holds a token while list is not empty
	busy   bool          // what swap returned is being taken
	closed bool
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

func (q *queue) push(ev event) {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return
	}
	q.list = append(q.list, ev)
	first := len(q.list) == 1
	q.mu.Unlock()
	if first {
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
}

// idle reports whether nothing waits and nothing is being taken.
func (q *queue) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.list) == 0 && !q.busy
}

// swap waits for events and returns them all; spent is the slice of the last call, which was
// taken and is filled again.
func (q *queue) swap(spent []event) []event {
	clear(spent)
	q.mu.Lock()
	q.busy = false
	q.mu.Unlock()
	<-q.wake
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.list
	q.list, q.busy = spent[:0], true
	return list
}

// close lets every further event fall to the floor: nobody is there to hear it.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.list = true, nil
}

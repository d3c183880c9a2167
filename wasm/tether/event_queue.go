package tether

import (
	"sync"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// eventQueue carries events to the client's goroutine. push never blocks and takes no lock that is held during a wait, so
// that a browser callback may call it. The queue has no bound of its own: the client's goroutine waits for nothing but this
// queue, so it holds only what arrives while that goroutine is being scheduled.
type eventQueue struct {
	mu     sync.Mutex
	list   []engine.Event
	wake   chan struct{} // holds a token while list is not empty
	busy   bool          // the events that swap returned are being processed
	closed bool
}

func newEventQueue() *eventQueue { return &eventQueue{wake: make(chan struct{}, 1)} }

func (q *eventQueue) push(ev engine.Event) {
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

// idle reports whether no event waits and none is being processed.
func (q *eventQueue) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.list) == 0 && !q.busy
}

// swap waits for events and returns them all, or none as soon as end is closed. spent is the slice of the last call, to be
// filled again.
func (q *eventQueue) swap(spent []engine.Event, end <-chan struct{}) []engine.Event {
	clear(spent)
	q.mu.Lock()
	q.busy = false
	q.mu.Unlock()
	select {
	case <-q.wake:
	case <-end:
		return spent[:0]
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.list
	q.list, q.busy = spent[:0], true
	return list
}

// close discards the events that wait and all that follow: the client's goroutine has ended.
func (q *eventQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.list = true, nil
}

package tether

import "sync"

// maxNotices is how far listeners may fall behind.
const maxNotices = 1024

// dispatcher carries events to the listeners on a goroutine of its own, so that a slow one holds up nothing else.
type dispatcher struct {
	to *listeners

	mu     sync.Mutex
	list   []Event
	missed int // events that were left out since the last emit
	closed bool
	wake   chan struct{}
}

func newDispatcher(to *listeners) *dispatcher {
	return &dispatcher{to: to, wake: make(chan struct{}, 1)}
}

func (d *dispatcher) push(e Event) {
	d.mu.Lock()
	if d.list = append(d.list, e); len(d.list) > maxNotices {
		oldest := 0
		if isEnd(d.list[0]) {
			oldest = 1
		}
		d.list = append(d.list[:oldest], d.list[oldest+1:]...)
		d.missed++
	}
	d.mu.Unlock()
	d.signal()
}

// isEnd reports whether e is the last change of state.
func isEnd(e Event) bool {
	c, ok := e.(StateChanged)
	return ok && c.New == Closed
}

// close makes run return after the last event.
func (d *dispatcher) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.signal()
}

func (d *dispatcher) signal() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// run passes events to the listeners until close.
func (d *dispatcher) run() {
	for range d.wake {
		d.mu.Lock()
		list, missed, closed := d.list, d.missed, d.closed
		d.list, d.missed = nil, 0
		d.mu.Unlock()
		if missed > 0 {
			d.to.emit(Skipped{missed})
		}
		for _, e := range list {
			d.to.emit(e)
		}
		if closed {
			return
		}
	}
}

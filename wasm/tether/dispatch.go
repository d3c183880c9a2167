package tether

import "sync"

// maxNotices is how far listeners may fall behind.
const maxNotices = 1024

// dispatcher carries events to the listeners on a goroutine of its own, so that a slow one holds up nothing else.
type dispatcher struct {
	to *listeners

	mu     sync.Mutex
	list   []Event
	closed bool
	wake   chan struct{}
}

func newDispatcher(to *listeners) *dispatcher {
	return &dispatcher{to: to, wake: make(chan struct{}, 1)}
}

func (d *dispatcher) push(e Event) {
	d.mu.Lock()
	if d.list = append(d.list, e); len(d.list) > maxNotices {
		d.list = append(d.list[:0], d.list[1:]...)
	}
	d.mu.Unlock()
	d.signal()
}

// close lets run return when everything was told.
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

// run tells events until close.
func (d *dispatcher) run() {
	for range d.wake {
		d.mu.Lock()
		list, closed := d.list, d.closed
		d.list = nil
		d.mu.Unlock()
		for _, e := range list {
			d.to.emit(e)
		}
		if closed {
			return
		}
	}
}

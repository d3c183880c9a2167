package tether

import "sync"

// maxNotices is how far listeners may fall behind.
const maxNotices = 1024

// dispatcher carries events to the listeners on a goroutine of its own, so that a slow one holds up nothing else.
type dispatcher struct {
	emitter emitter // of the goroutine of run
	now     []Event // that were taken from list and not begun; of run, too

	mu     sync.Mutex
	list   []Event
	missed int // events that were left out since the last emit
	closed bool
	wake   chan struct{}
}

func newDispatcher(to *listeners) *dispatcher {
	return &dispatcher{emitter: emitter{to: to}, wake: make(chan struct{}, 1)}
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
	return ok && c.New == StateClosed
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

// run passes events to the listeners until close. It may be called again when it did not return.
func (d *dispatcher) run() {
	for more := true; more; more = d.take() {
		for d.emitter.run(); len(d.now) > 0; d.emitter.run() {
			e := d.now[0]
			d.now = d.now[1:]
			d.emitter.begin(e)
		}
	}
}

// take waits for events, and reports whether there are any before the end.
func (d *dispatcher) take() bool {
	for {
		d.mu.Lock()
		list, missed, closed := d.list, d.missed, d.closed
		d.list, d.missed = nil, 0
		d.mu.Unlock()
		if missed > 0 {
			list = append([]Event{Skipped{missed}}, list...)
		}
		if d.now = list; len(list) > 0 || closed {
			return len(list) > 0
		}
		<-d.wake
	}
}

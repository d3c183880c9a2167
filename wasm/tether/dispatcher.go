package tether

import "sync"

// maxNotices is how far listeners may fall behind.
const maxNotices = 1024

// dispatcher carries events to the listeners on a goroutine of its own, so that a slow one holds up nothing else. The goroutine
// ends when no event waits, and another begins with the next: a client at rest needs none.
type dispatcher struct {
	emitter emitter // of the goroutine of run
	now     []Event // that were taken from list and not begun; of run, too

	mu     sync.Mutex
	list   []Event
	missed int             // events that were left out since the last emit
	group  *sync.WaitGroup // of the goroutine; nil: none may begin
	busy   bool            // there is one
}

func newDispatcher(to *listeners) *dispatcher {
	return &dispatcher{emitter: emitter{to: to}}
}

func (d *dispatcher) push(e Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.list = append(d.list, e); len(d.list) > maxNotices {
		oldest := 0
		if isEnd(d.list[0]) {
			oldest = 1
		}
		d.list = append(d.list[:oldest], d.list[oldest+1:]...)
		d.missed++
	}
	d.begin()
}

// begin sees to it that the events that wait are passed on. The lock is held.
func (d *dispatcher) begin() {
	if d.group != nil && !d.busy && len(d.list) > 0 {
		d.busy = true
		survive(d.group, func() {}, d.run)
	}
}

// isEnd reports whether e is the last change of state.
func isEnd(e Event) bool {
	c, ok := e.(StateChanged)
	return ok && c.New == StateClosed
}

// open lets events reach the listeners, those that wait and those that follow, on goroutines of group.
func (d *dispatcher) open(group *sync.WaitGroup) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.group = group
	d.begin()
}

// close passes on what waits, and nothing that comes later than the end of the goroutine that does.
func (d *dispatcher) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.group = nil
}

// run passes events to the listeners until none waits. It may be called again when it did not return.
func (d *dispatcher) run() {
	for more := true; more; more = d.take() {
		for d.emitter.run(); len(d.now) > 0; d.emitter.run() {
			e := d.now[0]
			d.now = d.now[1:]
			d.emitter.begin(e)
		}
	}
}

// take takes the events that wait, and reports whether there are any.
func (d *dispatcher) take() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now, d.list = d.list, nil
	if d.missed > 0 {
		d.now = append([]Event{Skipped{d.missed}}, d.now...)
		d.missed = 0
	}
	d.busy = len(d.now) > 0
	return d.busy
}

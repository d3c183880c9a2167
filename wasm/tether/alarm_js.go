package tether

import (
	"syscall/js"
	"time"
)

// workerAlarms are timers of a dedicated worker: a browser does not slow those down when the page is hidden. They work
// only where the page's content security policy lets a worker start from a blob: URL (worker-src); until the worker has
// reported that it runs, and always where it must not run, an alarm is an ordinary timer.
//
// A browser may end a worker without a word. So each alarm has an ordinary timer behind it, a little later: an alarm that
// only this one rings is a strike against the worker, and after a few in a row another worker takes its place.
type workerAlarms struct {
	worker  js.Value
	fired   js.Func
	failed  js.Func
	runs    bool
	closed  bool
	last    int
	strikes int
	pending map[int]*workerAlarm
}

const (
	// guardDelay is how much later than the worker the ordinary timer is due.
	guardDelay = 2 * time.Second
	// mostStrikes is how many alarms in a row a worker may miss: one that runs may be late for a page that stood still.
	mostStrikes = 2
)

// workerSource is the whole program of the worker: [id, milliseconds] in, id out when the time has come.
const workerSource = `const t=new Map();onmessage=e=>{const[i,d]=e.data;if(d<0){clearTimeout(t.get(i));t.delete(i)}` +
	`else t.set(i,setTimeout(()=>{t.delete(i);postMessage(i)},d))};postMessage(0)`

func newAlarms() alarms { return &workerAlarms{} }

// open makes what every worker needs, and starts the first one.
func (a *workerAlarms) open() {
	a.pending = map[int]*workerAlarm{}
	a.fired = js.FuncOf(func(_ js.Value, args []js.Value) any {
		a.strikes = 0
		id := args[0].Get("data").Int()
		if id == 0 {
			a.runs = true
		} else if w := a.pending[id]; w != nil {
			w.guard.Stop()
			w.ring()
		}
		return nil
	})
	a.failed = js.FuncOf(func(_ js.Value, args []js.Value) any {
		args[0].Call("preventDefault")
		a.runs = false // its alarms have their guards
		return nil
	})
	a.start()
}

// start starts a worker. When the page forbids it, some browsers throw and others send an error event.
func (a *workerAlarms) start() {
	a.strikes = 0
	defer func() { _ = recover() }() // a.runs stays false
	global := js.Global()
	parts := global.Get("Array").New(workerSource)
	blob := global.Get("Blob").New(parts, map[string]any{"type": "text/javascript"})
	url := global.Get("URL").Call("createObjectURL", blob)
	defer global.Get("URL").Call("revokeObjectURL", url)
	a.worker = global.Get("Worker").New(url)
	a.worker.Set("onmessage", a.fired)
	a.worker.Set("onerror", a.failed)
}

// after implements alarms. It is called on the client's goroutine, f in an event of the worker, or by the timer behind it.
func (a *workerAlarms) after(d time.Duration, f func()) stopper {
	if a.pending == nil {
		a.open()
	}
	if !a.runs {
		return time.AfterFunc(d, f)
	}
	a.last++
	w := &workerAlarm{of: a, id: a.last, f: f}
	a.pending[w.id] = w
	w.guard = time.AfterFunc(d+guardDelay, w.missed)
	// Rounded up, so that an alarm is never early.
	a.worker.Call("postMessage", []any{w.id, int((d + time.Millisecond - 1) / time.Millisecond)})
	return w
}

// strike counts an alarm that the worker did not ring.
func (a *workerAlarms) strike() {
	if a.strikes++; a.strikes < mostStrikes || a.closed {
		return
	}
	a.runs = false
	a.worker.Call("terminate")
	a.start()
}

// close ends the worker and gives its callbacks back.
func (a *workerAlarms) close() {
	a.closed = true
	if a.pending == nil {
		return
	}
	if a.worker.Truthy() {
		a.worker.Call("terminate")
	}
	for _, w := range a.pending {
		w.guard.Stop()
	}
	a.fired.Release()
	a.failed.Release()
	a.pending = map[int]*workerAlarm{}
	a.runs = false
}

// workerAlarm is one of them.
type workerAlarm struct {
	of    *workerAlarms
	id    int
	f     func()
	guard *time.Timer
}

// ring calls f, once.
func (w *workerAlarm) ring() {
	delete(w.of.pending, w.id)
	w.f()
}

// missed is called when the worker should have rung.
func (w *workerAlarm) missed() {
	if w.of.pending[w.id] == w {
		w.of.strike()
		w.ring()
	}
}

// Stop implements stopper.
func (w *workerAlarm) Stop() bool {
	_, waits := w.of.pending[w.id]
	if waits {
		delete(w.of.pending, w.id)
		w.guard.Stop()
		w.of.worker.Call("postMessage", []any{w.id, -1})
	}
	return waits
}

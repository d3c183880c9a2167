package tether

import (
	"syscall/js"
	"time"
)

// workerAlarms are timers of a dedicated worker: a browser does not slow those down when the page is hidden. They work
// only where the page's content security policy lets a worker start from a blob: URL (worker-src); until the worker has
// said that it runs, and for ever where it may not, an alarm is an ordinary timer.
type workerAlarms struct {
	worker  js.Value
	heard   js.Func
	failed  js.Func
	runs    bool
	last    int
	pending map[int]func()
}

// workerSource is the whole program of the worker: [id, milliseconds] in, id out when the time has come.
const workerSource = `const t=new Map();onmessage=e=>{const[i,d]=e.data;if(d<0){clearTimeout(t.get(i));t.delete(i)}` +
	`else t.set(i,setTimeout(()=>{t.delete(i);postMessage(i)},d))};postMessage(0)`

func newAlarms() alarms { return &workerAlarms{} }

// start starts the worker, once. What a page forbids is thrown by some browsers and told by an error event in others.
func (a *workerAlarms) start() {
	a.pending = map[int]func(){}
	a.heard = js.FuncOf(func(_ js.Value, args []js.Value) any {
		id := args[0].Get("data").Int()
		if id == 0 {
			a.runs = true
		} else if f := a.pending[id]; f != nil {
			delete(a.pending, id)
			f()
		}
		return nil
	})
	a.failed = js.FuncOf(func(_ js.Value, args []js.Value) any {
		args[0].Call("preventDefault")
		return nil
	})
	defer func() { _ = recover() }() // a.runs stays false
	global := js.Global()
	parts := global.Get("Array").New(workerSource)
	blob := global.Get("Blob").New(parts, map[string]any{"type": "text/javascript"})
	url := global.Get("URL").Call("createObjectURL", blob)
	defer global.Get("URL").Call("revokeObjectURL", url)
	a.worker = global.Get("Worker").New(url)
	a.worker.Set("onmessage", a.heard)
	a.worker.Set("onerror", a.failed)
}

// after implements alarms. It is called on the client's goroutine, f in an event of the worker.
func (a *workerAlarms) after(d time.Duration, f func()) stopper {
	if a.pending == nil {
		a.start()
	}
	if !a.runs {
		return time.AfterFunc(d, f)
	}
	a.last++
	a.pending[a.last] = f
	// Rounded up, so that an alarm is never early.
	a.worker.Call("postMessage", []any{a.last, int((d + time.Millisecond - 1) / time.Millisecond)})
	return &workerAlarm{a, a.last}
}

// close ends the worker and gives its callbacks back.
func (a *workerAlarms) close() {
	if a.pending == nil {
		return
	}
	if a.worker.Truthy() {
		a.worker.Call("terminate")
	}
	a.heard.Release()
	a.failed.Release()
	a.pending = map[int]func(){}
	a.runs = false
}

// workerAlarm is one of them.
type workerAlarm struct {
	of *workerAlarms
	id int
}

// Stop implements stopper.
func (w *workerAlarm) Stop() bool {
	_, waits := w.of.pending[w.id]
	if waits {
		delete(w.of.pending, w.id)
		w.of.worker.Call("postMessage", []any{w.id, -1})
	}
	return waits
}

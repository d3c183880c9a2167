// Package main is the panel's model in a page, driven by the benchmark through functions of globalThis.panel.
package main

import (
	"runtime"
	"runtime/debug"
	"syscall/js"
	"time"

	"github.com/tetherscope/tetherscope/internal/bench/panel/work"
	"github.com/tetherscope/tetherscope/panel/model"
)

// bench is a model on the page's grid.
type bench struct {
	m      *model.Model
	grid   js.Value
	next   uint64
	packed []byte
	ready  [][]byte // batches for flood
	pace   model.Pace
	began  time.Time // the frame of the flood before
}

func main() {
	debug.SetGCPercent(50) // as the panel does
	b := &bench{}
	panel := js.Global().Get("Object").New()
	for name, f := range map[string]func([]js.Value) any{
		"reset": b.reset, "take": b.take, "rows": b.rows, "paint": b.paint, "flood": b.flood, "prepare": b.prepare,
		"scan": b.scan, "memory": b.memory, "load": b.load,
	} {
		panel.Set(name, js.FuncOf(func(_ js.Value, args []js.Value) any { return f(args) }))
	}
	js.Global().Set("panel", panel)
	select {}
}

// reset begins with an empty model of so many payload bytes.
func (b *bench) reset(args []js.Value) any {
	b.m, b.ready, b.next, b.pace, b.began = nil, nil, 1, model.Pace{}, time.Now()
	runtime.GC()
	b.m = model.New(model.Options{Bytes: args[0].Int()})
	if b.grid.IsUndefined() {
		host := js.Global().Get("document").Call("getElementById", "grid")
		b.grid = js.Global().Get("tetherscopeGrid").Call("mount", host, js.FuncOf(func(js.Value, []js.Value) any { return nil }), model.ColumnNames())
	}
	return nil
}

// take feeds so many records.
func (b *bench) take(args []js.Value) any {
	n := uint64(args[0].Int())
	work.Take(b.m, b.next, n)
	b.next += n
	return nil
}

func (b *bench) rows(args []js.Value) any {
	b.m.Update(model.Resize{Rows: args[0].Int()})
	return nil
}

// prepare encodes batches ahead: their making is not what is measured.
func (b *bench) prepare(args []js.Value) any {
	n := uint64(args[0].Int())
	b.ready = work.Batches(b.next, n)
	b.next += n
	return nil
}

// flood takes so many of the prepared batches in, lets the model work for a slice, and paints: one animation frame.
func (b *bench) flood(args []js.Value) any {
	n, began := min(args[0].Int(), len(b.ready)), time.Now()
	work := b.pace.Work(began.Sub(b.began))
	b.began = began
	for _, batch := range b.ready[:n] {
		b.m.Update(model.Batch{Bytes: batch})
	}
	b.ready = b.ready[n:]
	start := time.Now()
	for more := true; more && time.Since(start) < work; {
		more = b.m.Step(4096)
	}
	return b.paint(nil)
}

func (b *bench) paint([]js.Value) any {
	w := b.m.Window()
	b.packed = w.Pack(b.packed[:0])
	b.grid.Call("paint", string(b.packed), w.First, w.Total, true, w.Selected)
	return w.Total
}

// load takes a prepared capture in at once and paints it: the first paint of a file.
func (b *bench) load([]js.Value) any {
	for _, batch := range b.ready {
		b.m.Update(model.Batch{Bytes: batch})
	}
	b.ready = nil
	work.Search(b.m)
	return b.paint(nil)
}

// scan measures a query, in milliseconds.
func (b *bench) scan(args []js.Value) any {
	return float64(work.Scan(b.m, args[0].String(), args[1].Int())) / 1e6
}

// memory returns what the heap holds and what the program took from the browser, in bytes.
func (b *bench) memory([]js.Value) any {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return []any{float64(s.HeapAlloc), float64(s.Sys)}
}

package main

import (
	"sync/atomic"
	"syscall/js"
	"time"

	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
)

// How often things happen at most.
const (
	drawEvery  = 100 * time.Millisecond // the panel around the grid, while traffic flows
	speakEvery = 5 * time.Second        // to screen readers
)

// painter paints the grid once per animation frame in which something changed, and has the rest of the panel drawn now
// and then.
type painter struct {
	ctrl   *controller.Controller
	grid   js.Value // of static/panel/grid.js; undefined until mounted
	redraw func()   // of go-app
	line   []byte
	lined  string // what the timeline shows
	chart  []byte
	charts string // what the charts show

	timeline js.Value // of static/panel/timeline.js
	over     js.Value // of static/panel/charts.js
	frame    js.Func
	pace     model.Pace
	began    time.Time   // the frame before, when it left work to do
	asked    atomic.Bool // an animation frame is due
	planned  atomic.Bool // a drawing is due
	drawn    time.Time
	spoken   time.Time
}

func newPainter() *painter {
	p := &painter{}
	p.frame = js.FuncOf(func(js.Value, []js.Value) any {
		p.paint()
		return nil
	})
	return p
}

// wake asks for an animation frame. It may be called from any goroutine and any number of times.
func (p *painter) wake() {
	if p.asked.CompareAndSwap(false, true) {
		js.Global().Call("requestAnimationFrame", p.frame)
	}
}

// mount builds the grid in its element. It runs when go-app has put the panel into the page.
func (p *painter) mount(redraw func()) {
	p.redraw = redraw
	host := js.Global().Get("document").Call("getElementById", "grid")
	p.grid = js.Global().Get("tetherscopeGrid").Call("mount", host, js.FuncOf(p.onGrid), model.ColumnNames())
	js.Global().Call("tetherscopeLayout")
	p.timeline = p.overTime("tetherscopeTimeline", "timeline", p.ctrl.Brush)
	p.over = p.overTime("tetherscopeCharts", "charts", p.ctrl.BrushCharts)
	p.wake()
}

// overTime mounts a script that draws over time in an element, with what a person brushes there.
func (p *painter) overTime(script, id string, brush func(from, to float64)) js.Value {
	host := js.Global().Get("document").Call("getElementById", id)
	return js.Global().Get(script).Call("mount", host, js.FuncOf(func(_ js.Value, args []js.Value) any {
		brush(args[0].Float(), args[1].Float())
		p.soon()
		return nil
	}))
}

// onGrid performs what a person did to the grid; see mount in static/panel/grid.js.
func (p *painter) onGrid(_ js.Value, args []js.Value) any {
	switch args[0].String() {
	case "menu":
		if id, err := rowID(args); err == nil {
			p.ctrl.OpenRowMenu(id)
			p.soon()
		}
		return nil
	case "menu-close":
		p.ctrl.CloseRowMenu()
		p.soon()
		return nil
	}
	msg, err := gridMessage(args)
	if err != nil {
		p.ctrl.Note(err.Error())
		return nil
	}
	p.ctrl.Send(msg)
	switch msg.(type) {
	case model.Select, model.SelectAlso, model.SelectTo, model.SortBy:
		p.soon()
	}
	return nil
}

func (p *painter) paint() {
	p.asked.Store(false)
	if p.grid.IsUndefined() {
		return
	}
	start := time.Now()
	var since time.Duration
	if !p.began.IsZero() {
		since = start.Sub(p.began)
	}
	work := p.pace.Work(since)
	packed, w, changed, more := p.ctrl.Frame(func() bool { return time.Since(start) > work })
	if changed {
		p.grid.Call("paint", string(packed), w.First, w.Total, w.Mode == model.Follow, w.Selected, w.Times.String(), w.Sorting.Column, w.Sorting.Descending, w.Layout.String())
	}
	p.began = time.Time{}
	if more {
		p.began = start
		p.wake()
	}
	p.plan(drawEvery - time.Since(p.drawn))
}

// soon draws the panel at once, in response to a key or a button.
func (p *painter) soon() { p.plan(0) }

// plan draws the panel after d, unless a drawing is due already.
func (p *painter) plan(d time.Duration) {
	if d <= 0 {
		p.draw()
		return
	}
	if p.planned.CompareAndSwap(false, true) {
		time.AfterFunc(d, func() {
			p.planned.Store(false)
			p.draw()
		})
	}
}

func (p *painter) draw() {
	if p.redraw == nil {
		return
	}
	p.drawn = time.Now()
	if p.drawn.Sub(p.spoken) > speakEvery {
		p.spoken = p.drawn
		p.ctrl.Speak()
	}
	p.redraw()
	p.line = p.ctrl.Timeline(p.line[:0])
	if string(p.line) != p.lined {
		p.lined = string(p.line)
		p.timeline.Call("paint", p.lined)
	}
	p.chart = p.ctrl.Charts(p.chart[:0])
	if string(p.chart) != p.charts && len(p.chart) > 0 {
		p.over.Call("paint", string(p.chart))
	}
	p.charts = string(p.chart)
}

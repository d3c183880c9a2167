package panel

import (
	"sync/atomic"
	"unicode/utf16"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Panel is the root component, and the only one: a panel is drawn whole, at most some ten times a second, while the grid
// is painted apart from it.
type Panel struct {
	app.Compo

	desk    *Desk
	mounted func(redraw func())
}

// New returns the root component over a desk. Mounted is called once the elements are in the page, with a function that
// draws the panel again; it may be called from any goroutine and as often as one likes.
func New(d *Desk, mounted func(redraw func())) *Panel {
	return &Panel{desk: d, mounted: mounted}
}

// OnMount hands out how to draw again: at most one dispatch is pending, since go-app's queue blocks when it is full.
func (p *Panel) OnMount(ctx app.Context) {
	var pending atomic.Bool
	p.mounted(func() {
		if pending.CompareAndSwap(false, true) {
			ctx.Dispatch(func(app.Context) { pending.Store(false) })
		}
	})
}

// Render draws the panel as the desk stands now.
func (p *Panel) Render() app.UI {
	return p.screen(p.desk.look())
}

func (p *Panel) screen(v view) app.UI {
	look := "panel"
	if v.detail.None {
		look += " idle"
	}
	look = when(look, v.compose.open || v.faults.open, "composing")
	return app.Div().Class(look).DataSet("testid", "panel").OnClick(p.onClick).Body(
		toolbar(v, p.onFilter),
		connections(v),
		gridArea(v),
		detailPane(v, p.onNote),

		statusBar(v),
		composer(v, p.onCompose),
		faultDeck(v, p.onFaults),
		helpOverlay(v),
		settingsOverlay(v, p.onSetting),
		app.Div().Class("unseen").Role("status").Aria("live", "polite").Text(v.spoken),
	)
}

// onClick performs the command of the element that was clicked.
func (p *Panel) onClick(ctx app.Context, e app.Event) {
	target := e.Get("target").Call("closest", "[data-do]")
	if !target.Truthy() {
		ctx.PreventUpdate()
		return
	}
	data := target.Get("dataset")
	arg := ""
	if a := data.Get("arg"); a.Truthy() {
		arg = a.String()
	}
	p.desk.Do(data.Get("do").String(), arg)
}

func (p *Panel) onFilter(ctx app.Context, _ app.Event) {
	box := ctx.JSSrc()
	text := box.Get("value").String()
	p.desk.Filter(text, byteOffset(text, box.Get("selectionStart").Int()))
}

// onSetting takes what stands in a box of the settings, or what was chosen in a list: its name is the setting's.
func (p *Panel) onSetting(ctx app.Context, _ app.Event) {
	box := ctx.JSSrc()
	p.desk.Set(box.Get("name").String(), box.Get("value").String())
}

func (p *Panel) onNote(ctx app.Context, _ app.Event) {
	p.desk.WriteNote(ctx.JSSrc().Get("value").String())
}

// splitter is a bar that static/layout.js lets people move, by pointer and by arrow keys.
func splitter(side, label string) app.UI {
	return app.Div().Class("split "+side).DataSet("split", side).Role("separator").TabIndex(0).Aria("label", label).Aria("valuenow", "0")
}

// byteOffset returns where in text the n-th code unit of UTF-16 stands, which is how a page counts.
func byteOffset(text string, n int) int {
	for i, r := range text {
		if n <= 0 {
			return i
		}
		n -= max(1, utf16.RuneLen(r))
	}
	return len(text)
}

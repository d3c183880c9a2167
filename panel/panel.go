package panel

import (
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf16"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/controller"
)

// Panel is the root component, and the only one: a panel is drawn whole, at most some ten times a second, while the grid
// is painted apart from it.
type Panel struct {
	app.Compo

	ctrl    *controller.Controller
	mounted func(redraw func())
}

// New returns the root component over a controller. Mounted is called once the elements are in the page, with a function that
// draws the panel again; it may be called from any goroutine and as often as one likes.
func New(c *controller.Controller, mounted func(redraw func())) *Panel {
	return &Panel{ctrl: c, mounted: mounted}
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

// Render draws the panel as it stands now.
func (p *Panel) Render() app.UI {
	return p.screen(p.ctrl.Snapshot())
}

func (p *Panel) screen(v controller.Snapshot) app.UI {
	look := "panel"
	if v.Detail.None {
		look += " idle"
	}
	look = when(look, v.Composer.Open || v.Faults.Open || v.Requests.Open, "composing")
	return app.Div().Class(look).DataSet("testid", "panel").OnClick(p.onClick).Body(
		toolbar(v, p.onFilter, p.onSaved),
		connections(v, p.onConns),
		gridArea(v, p.onGoTo),
		detailPane(v, p.onNote),

		statusBar(v),
		composer(v, p.onCompose),
		faultRules(v, p.onFaults),
		requestsDrawer(v, p.onRequests),
		helpOverlay(v),
		settingsOverlay(v, p.onSetting),
		app.Div().Class("unseen").Role("status").Aria("live", "polite").Text(v.Spoken),
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
	cmd, err := controller.ParseCommand(data.Get("do").String(), arg)
	if err != nil {
		p.ctrl.Note(err.Error())
		return
	}
	p.ctrl.Do(cmd)
}

func (p *Panel) onFilter(ctx app.Context, _ app.Event) {
	box := ctx.JSSrc()
	text := box.Get("value").String()
	p.ctrl.Filter(text, byteOffset(text, box.Get("selectionStart").Int()))
}

// onSaved takes the name for the next saved filter, or the color of one, whose index stands in the name of its list.
func (p *Panel) onSaved(ctx app.Context, _ app.Event) {
	box := ctx.JSSrc()
	name, value := box.Get("name").String(), box.Get("value").String()
	if i, err := strconv.Atoi(strings.TrimPrefix(name, "color-")); err == nil {
		p.ctrl.ColorSaved(i, value)
		return
	}
	p.ctrl.NameFilter(value)
}

// onSetting takes what stands in a box of the settings, or what was chosen in a list: its name is the setting's.
func (p *Panel) onSetting(ctx app.Context, _ app.Event) {
	box := ctx.JSSrc()
	p.ctrl.Set(controller.Setting(box.Get("name").String()), box.Get("value").String())
}

// onCompose takes what was typed into a box of the composer: its ID is the field's name behind "compose-".
func (p *Panel) onCompose(ctx app.Context, _ app.Event) {
	box := ctx.JSSrc()
	p.ctrl.Do(controller.SetComposer{Field: strings.TrimPrefix(box.Get("id").String(), "compose-"), Value: box.Get("value").String()})
}

// onFaults takes what was typed into the box of the fault rules.
func (p *Panel) onFaults(ctx app.Context, _ app.Event) {
	p.ctrl.WriteRules(ctx.JSSrc().Get("value").String())
}

// onRequests takes what was typed into a box of the requests: its ID is the box's name behind "requests-".
func (p *Panel) onRequests(ctx app.Context, _ app.Event) {
	box := ctx.JSSrc()
	p.ctrl.WriteRequests(strings.TrimPrefix(box.Get("id").String(), "requests-"), box.Get("value").String())
}

// onConns takes what was typed into the search of the list of connections.
func (p *Panel) onConns(ctx app.Context, _ app.Event) {
	p.ctrl.Do(controller.SearchConns{Text: ctx.JSSrc().Get("value").String()})
}

func (p *Panel) onGoTo(ctx app.Context, _ app.Event) {
	p.ctrl.WriteGoTo(ctx.JSSrc().Get("value").String())
}

func (p *Panel) onNote(ctx app.Context, _ app.Event) {
	p.ctrl.WriteNote(ctx.JSSrc().Get("value").String())
}

// splitter is a bar that static/panel/layout.js lets people move, by pointer and by arrow keys.
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

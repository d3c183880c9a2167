package panel

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// toolbar is the line of switches and the line of chips.
func toolbar(v controller.Snapshot, onFilter, onSaved app.EventHandler) app.UI {
	return app.Header().Class("toolbar").DataSet("testid", "toolbar").Body(
		app.H1().Class("unseen").Text("Tetherscope"),
		app.Div().Class("tools").Role("toolbar").Aria("label", "Capture and view").Body(
			brand(v.Mode),
			recordButton(v.Status.Recording),
			freezeButton(v.Status.Mode == model.Frozen),
			command(controller.Update{Msg: model.Clear{}}).Class("tool").Title("Clear all rows (x); u undoes it").Text("Clear"),
			viewSwitch(v.Status.View),
			filterBox(v, onFilter, onSaved),
			toggle(controller.ToggleComposer{}, v.Composer.Open).Class(shownIf("tool", v.Composer.Available)).DataSet("testid", "compose-open").
				Title("Compose a message and send it into an open connection (e edits the selected row)").Text("Compose"),
			toggle(controller.ToggleFaults{}, v.Faults.Open).Class(when(shownIf("tool", v.Composer.Available), v.Faults.Active != "", "active")).DataSet("testid", "faults-open").
				Title("Inject faults, intercept frames (F)").Text("Faults"),
			toggle(controller.ToggleRequests{}, v.Requests.Open).Class("tool").DataSet("testid", "requests-open").
				Title("Write requests with steps and checks, and run them (Q)").Text("Requests"),
			fileMenu(v),
			toggle(controller.ToggleSettings{}, v.Settings != nil).Class("tool round").Title("Settings: capture, targets, request pairs, Protobuf (,)").Aria("label", "Settings").Text("⚙"),
			toggle(controller.ToggleHelp{}, v.Help).Class("tool round").Title("Keyboard and legend (?)").Aria("label", "Help").Text("?"),
		),
		chips(v),
		banner(v),
		shortageNote(v.Shortage),
	)
}

// brand leads to the console page, where there is one.
func brand(m controller.Mode) app.UI {
	if m == controller.ModeServer || m == "" {
		return app.A().Class("brand").Href("/").Target("_blank").Title("Open the console page").Body(
			app.Img().Src("/icon.svg").Aria("hidden", "true").Width(20).Height(20),
			span("name", "Tetherscope"),
		)
	}
	return app.Span().Class("brand").Body(span("name", "Tetherscope"))
}

func recordButton(on bool) app.UI {
	text, title := "Recording", "Pause recording: traffic is counted but not stored"
	if !on {
		text, title = "Paused", "Resume recording"
	}
	return toggle(controller.ToggleRecording{}, on).Class(when("tool record", on, "on")).Title(title).Body(span("dot", ""), span("", text))
}

func freezeButton(on bool) app.UI {
	return toggle(controller.ToggleFreeze{}, on).Class(when("tool freeze", on, "on")).
		Title("Freeze the view; recording continues (space)").Body(span("bars", ""), span("", "Freeze"))
}

func viewSwitch(now rows.View) app.UI {
	option := func(v rows.View, text, title string) app.UI {
		return toggle(controller.Update{Msg: model.SetView{View: v}}, v == now).Class("option").Title(title).Text(text)
	}
	return app.Div().Class("switch").Role("group").Aria("label", "View").DataSet("testid", "view").Body(
		option(rows.Messages, "Messages", "One row per message, reassembled and decompressed (v)"),
		option(rows.Frames, "Frames", "One row per frame, as on the wire (v)"),
	)
}

// dirs are the two directions with what the toolbar calls them.
var dirs = [...]struct {
	dir  record.Dir
	name string
}{
	{record.Out, "sent"},
	{record.In, "received"},
}

// chipTitle says what the next press of a chip does. Only says that nothing else of its kind is shown.
func chipTitle(what string, hidden, only bool) string {
	switch {
	case hidden:
		return "Show " + what + " again"
	case only:
		return "Hide " + what
	}
	return "Show only " + what
}

// chips are the toggles of direction and type, with live counts: of what they would show under everything else that filters.
func chips(v controller.Snapshot) app.UI {
	s := v.Status
	items := make([]app.UI, 0, len(dirs)+int(rows.NumTypes)+4)
	for _, d := range dirs {
		n := s.Tally.Frames[d.dir]
		if s.View == rows.Messages {
			n = s.Tally.Messages[d.dir]
		}
		if !s.Facets.Off {
			n = s.Facets.Dirs[d.dir]
		}
		items = append(items, toggle(controller.ToggleDirection{Dir: d.dir}, !s.Filter.HideDir[d.dir]).
			Class("chip dir-"+d.dir.String()).Title(chipTitle("frames "+d.name+" by the client", s.Filter.HideDir[d.dir], s.Filter.HideDir[1-d.dir])).
			Body(span("mark", d.dir.Arrow()), span("", d.name), span("count", short(n))))
	}
	for t := range rows.TypeGap {
		n := s.Tally.Types[s.View][t]
		if !s.Facets.Off {
			n = s.Facets.Types[t]
		}
		rare := t == rows.TypeContinuation || t == rows.TypeReserved
		items = append(items, toggle(controller.ToggleType{Type: t}, !s.Filter.Hides(t)).
			Class(shownIf("chip", !rare || n > 0 || s.Filter.Hides(t))).Title(chipTitle("rows of type "+t.String(), s.Filter.Hides(t), s.Filter.Press(t).Hides(t))).
			Body(span("", t.String()), span("count", short(n))))
	}
	wrong := s.Tally.Violations
	if !s.Facets.Off {
		wrong = s.Facets.Wrong
	}
	items = append(items,
		toggle(controller.ToggleViolations{}, s.Filter.Broken).Class(when("chip only", s.Tally.Violations > 0, "alarm")).
			Title("Show only rows with protocol violations (RFC 6455, RFC 7692)").
			Body(span("mark", "⚠"), span("", "violations"), span("count", short(wrong))),
		toggle(controller.ToggleStatistics{}, v.Stats != nil).Class("chip plain").Title("Rates, sizes, response times, message kinds, violations (s)").Text("statistics"),
		toggle(controller.ToggleCharts{}, v.Charts).Class("chip plain").Title("Response times and rates of the shown rows over time (R)").Text("charts"),
		toggle(controller.ToggleLayout{Layout: model.Ladder}, s.Layout == model.Ladder).Class("chip plain").Title("Draw the rows as arrows between client, proxy and server (l)").Text("ladder"),
		toggle(controller.ToggleLayout{Layout: model.Conversation}, s.Layout == model.Conversation).Class("chip plain").
			Title("Draw the rows of one connection as a conversation: sent right, received left (L)").Text("conversation"),
		command(controller.ClearFilters{}).Class(shownIf("chip reset", len(s.Terms) > 0)).Title("Remove every filter").Text("reset filters"),
	)
	return app.Div().Class(when("chips", s.Facets.More, "counting")).Role("toolbar").Aria("label", "Filter by direction and type").DataSet("testid", "chips").Body(items...)
}

package panel

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// gridArea is the grid, which static/panel/grid.js fills, and what lies over it: the pill that leads back to the newest row,
// and what to read when there are no rows.
func gridArea(v controller.Snapshot, onGoTo app.EventHandler) app.UI {
	return app.Main().Class("area").Aria("label", "Rows").DataSet("testid", "area").DataSet("mode", v.Status.Mode.String()).Body(
		splitter("left", "Width of the list of connections"),
		splitter("right", "Size of the detail"),
		app.Div().ID("timeline").Class(shownIf("timeline", v.Timeline)).DataSet("testid", "timeline"),
		app.Div().ID("charts").Class(shownIf("charts", v.Charts)).DataSet("testid", "charts"),
		app.Div().Class("stage").Body(
			app.Div().ID("grid").Class("grid").DataSet("testid", "grid"),
			app.Div().Class(shownIf("empty", v.Total == 0)).DataSet("testid", "empty").Body(emptyState(v)),
			quietState(v),
			pill(v),
			goToBox(v.GoTo, onGoTo),
			rowMenu(v),
			statistics(v),
			comparison(&v.Compare),
		),
	)
}

func pill(v controller.Snapshot) app.UI {
	text := "▼ newest"
	switch n := format.Count(uint64(v.Unseen)) + " new"; {
	case v.Status.Sorting.Column != "" && v.Unseen > 0:
		text = "▼ back to live, " + n
	case v.Status.Sorting.Column != "":
		text = "▼ back to live"
	case v.Unseen > 0:
		text = "▼ " + n
	}
	return command(controller.Follow{}).Class(shownIf("pill", v.Status.Mode != model.Follow && v.Total > 0)).
		Title("Go to the newest row and scroll automatically, in the order of time (G; End where rows are not sorted)").DataSet("testid", "pill").Text(text)
}

// goToBox is where a person writes the number of a row or a time.
func goToBox(open bool, onGoTo app.EventHandler) app.UI {
	return app.Div().Class(shownIf("goto", open)).DataSet("testid", "goto").Body(
		app.Label().For("goto").Text("Go to"),
		app.Input().ID("goto").Type("text").Class("jotting").Placeholder("row 120, record #57, time 14:02:11").AutoComplete(false).Spellcheck(false).MaxLength(40).OnInput(onGoTo),
		command(controller.GoTo{}).Class("tool small").Text("Go"),
	)
}

func emptyState(v controller.Snapshot) app.UI {
	switch s := v.Status; {
	case v.Total > 0:
		return app.Div()
	case s.Scanning:
		return app.Div().Class("lesson").Body(app.H2().Text("Searching…"))
	case s.Kept > 0 && len(s.Terms) > 0:
		return filteredState(v)
	case s.CanUndo && s.Kept == 0:
		return app.Div().Class("lesson").Body(
			app.H2().Text("Cleared. Waiting for new traffic."),
			app.P().Body(command(controller.Update{Msg: model.Undo{}}).Class("tool").Body(span("", "Undo clear "), kbd("u"))),
		)
	}
	switch v.Mode {
	case controller.ModeDevtools:
		return inspectState()
	case controller.ModeShared:
		return app.Div().Class("lesson").Body(app.H2().Text("This file has no records."))
	case controller.ModeServer:
	}
	if v.File.Open {
		return app.Div().Class("lesson").Body(app.H2().Text(v.File.Summary()))
	}
	return waitingState(v)
}

// inspectState teaches what the panel shows in the browser's own tools.
func inspectState() app.UI {
	return app.Div().Class("lesson").Body(
		app.H2().Text("Waiting for a WebSocket of the inspected page"),
		app.P().Text("Messages of the page appear here from the moment this panel was opened; reload the page to see them from the beginning. A page cannot see frames on the wire: unknown values are shown as –."),
		app.P().Class("soft").Text("WebSockets of workers appear later, with “Import from Network panel”."),
		app.P().Body(command(controller.ImportNetwork{}).Class("tool").DataSet("testid", "network").Text("Import from Network panel")),
		app.P().Class("soft").Body(span("", "Keyboard and legend: "), kbd("?")),
	)
}

// filteredState says which filters hide everything; each can be removed with a click.
func filteredState(v controller.Snapshot) app.UI {
	terms := make([]app.UI, 0, len(v.Status.Terms))
	for i, t := range v.Status.Terms {
		terms = append(terms, command(controller.RemoveTerm{Index: i}).Class("term").Title("Remove this filter").
			Body(span("", t.Label), span("cross", "×")))
	}
	return app.Div().Class("lesson").Body(
		app.H2().Text("0 of "+format.Count(v.Status.Kept)+" rows shown"),
		app.P().Text("Hidden by these filters; click one to remove it."),
		app.Div().Class("terms").Body(terms...),
	)
}

// waitingState teaches how to get traffic in.
func waitingState(v controller.Snapshot) app.UI {
	url := v.Address + "/ws/echo"
	return app.Div().Class("lesson").Body(
		app.H2().Text("Waiting for a connection"),
		app.P().Text("Connect any WebSocket client to this address. Each of its frames appears here as on the wire: control frames, fragments, masks, compressed sizes, the handshake and the close."),
		app.Div().Class("copyable").Body(
			app.Code().Text(url),
			command(controller.CopyText{Text: url}).Class("tool").Text("Copy"),
		),
		app.P().Body(
			command(controller.StartDemo{}).Class("tool primary").DataSet("testid", "demo").Text("Start demo traffic"),
			app.A().Class("tool").Href("/").Target("_blank").Text("Open the console"),
		),
		app.P().Class("soft").Text("Or drop a HAR, JSON Lines, pcapng or .tscap file here. Pages of this origin that load /tap.js or use tether.mjs report their WebSockets automatically."),
		app.P().Class("soft").Body(span("", "Keyboard and legend: "), kbd("?")),
	)
}

// quietState stands below the handshake while a connection is open and nothing was sent yet.
func quietState(v controller.Snapshot) app.UI {
	var open *model.Conn
	for i := range v.Conns {
		if v.Conns[i].State == model.Open {
			open = &v.Conns[i]
		}
	}
	if open == nil || v.Total == 0 || rows.Total(v.Status.Tally.Frames) > 0 || len(v.Status.Terms) > 0 {
		return app.Div().Class("quiet off")
	}
	return app.Div().Class("quiet").DataSet("testid", "quiet").Body(app.Div().Class("lesson").Body(
		app.H2().Text("Connected to "+open.FullName()+". No frames yet."),
		app.P().Text("The rows above are the handshake; select one for its headers and the check of Sec-WebSocket-Accept. Frames appear as soon as either side sends one."),
	))
}

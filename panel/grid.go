package panel

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/model"
)

// gridArea is the grid, which static/grid.js fills, and what lies over it: the pill that leads back to the newest row,
// and what to read when there are no rows.
func gridArea(v view) app.UI {
	return app.Main().Class("area").Aria("label", "Rows").DataSet("testid", "area").DataSet("mode", v.status.Mode.String()).Body(
		splitter("left", "Width of the list of connections"),
		splitter("right", "Size of the detail"),
		app.Div().ID("timeline").Class(shownIf("timeline", v.timeline)).DataSet("testid", "timeline"),
		app.Div().Class("stage").Body(
			app.Div().ID("grid").Class("grid").DataSet("testid", "grid"),
			app.Div().Class(shownIf("empty", v.total == 0)).DataSet("testid", "empty").Body(emptyState(v)),
			quietState(v),
			pill(v),
			statistics(v),
		),
	)
}

func pill(v view) app.UI {
	text := "▼ follow"
	if v.unseen > 0 {
		text = "▼ " + model.Count(uint64(v.unseen)) + " new"
	}
	return command("follow", "").Class(shownIf("pill", v.status.Mode != model.Follow && v.total > 0)).
		Title("Go to the newest row and follow (End or G)").DataSet("testid", "pill").Text(text)
}

func emptyState(v view) app.UI {
	switch s := v.status; {
	case v.total > 0:
		return app.Div()
	case s.Scanning:
		return app.Div().Class("lesson").Body(app.H2().Text("Searching…"))
	case s.Held > 0 && len(s.Terms) > 0:
		return filteredState(v)
	case s.CanUndo && s.Held == 0:
		return app.Div().Class("lesson").Body(
			app.H2().Text("Cleared. Waiting for new traffic."),
			app.P().Body(command("undo", "").Class("tool").Body(span("", "Bring the rows back "), kbd("u"))),
		)
	}
	switch v.mode {
	case ModeDevtools:
		return inspectState()
	case ModeShared:
		return app.Div().Class("lesson").Body(app.H2().Text("There is nothing in this file."))
	case ModeServer:
	}
	if v.file.Open {
		return app.Div().Class("lesson").Body(app.H2().Text(v.file.summary()))
	}
	return waitingState(v)
}

// inspectState teaches what the panel shows in the browser's own tools.
func inspectState() app.UI {
	return app.Div().Class("lesson").Body(
		app.H2().Text("Waiting for a WebSocket of the inspected page"),
		app.P().Text("Messages of the page's sockets appear here, from the moment that this panel was opened; reload the page to see the beginning. A page does not see the wire: what it cannot know is shown as –."),
		app.P().Class("soft").Text("Sockets of workers show when the worker's script loads tap.js, or after the fact with “Take what the Network panel has”."),
		app.P().Body(command("network", "").Class("tool").DataSet("testid", "network").Text("Take what the Network panel has")),
		app.P().Class("soft").Body(span("", "Keyboard and legend: "), kbd("?")),
	)
}

// filteredState says which filters hide everything; each can be removed with a click.
func filteredState(v view) app.UI {
	terms := make([]app.UI, 0, len(v.status.Terms))
	for i, t := range v.status.Terms {
		terms = append(terms, command("drop-term", strconv.Itoa(i)).Class("term").Title("Remove this filter").
			Body(span("", t.Label), span("cross", "×")))
	}
	return app.Div().Class("lesson").Body(
		app.H2().Text("0 of "+model.Count(v.status.Held)+" rows shown"),
		app.P().Text("Hidden by these filters. Click one to remove it."),
		app.Div().Class("terms").Body(terms...),
	)
}

// waitingState teaches how to get traffic in.
func waitingState(v view) app.UI {
	url := v.address + "/ws/echo"
	return app.Div().Class("lesson").Body(
		app.H2().Text("Waiting for a connection"),
		app.P().Text("Connect any WebSocket client to this address. Every frame of it appears here, as it was on the wire: control frames, fragments, masks, compressed sizes, the handshake and the close."),
		app.Div().Class("copyable").Body(
			app.Code().Text(url),
			command("copy-text", url).Class("tool").Text("Copy"),
		),
		app.P().Body(
			command("demo", "").Class("tool primary").DataSet("testid", "demo").Text("Start demo traffic"),
			app.A().Class("tool").Href("/").Target("_blank").Text("Open the console page"),
		),
		app.P().Class("soft").Text("Or drop a HAR, JSON lines, pcapng or .tscap file here. Pages of this origin that load /tap.js, or use tether.mjs, tell of their sockets by themselves."),
		app.P().Class("soft").Body(span("", "Keyboard and legend: "), kbd("?")),
	)
}

// quietState stands below the handshake while a connection is open and nothing was sent yet.
func quietState(v view) app.UI {
	var open *model.Conn
	for i := range v.conns {
		if v.conns[i].State == model.Open {
			open = &v.conns[i]
		}
	}
	if open == nil || v.total == 0 || model.Total(v.status.Tally.Frames) > 0 || len(v.status.Terms) > 0 {
		return app.Div().Class("quiet off")
	}
	return app.Div().Class("quiet").DataSet("testid", "quiet").Body(app.Div().Class("lesson").Body(
		app.H2().Text("Connected to "+open.Name+". No frame yet."),
		app.P().Text("The rows above are the handshake: select one to read its headers and the check of the accept key. Frames appear here as soon as either side sends one."),
	))
}

package panel

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/model"
)

// toolbar is the line of switches and the line of chips.
func toolbar(v view, onFilter app.EventHandler) app.UI {
	return app.Header().Class("toolbar").DataSet("testid", "toolbar").Body(
		app.H1().Class("unseen").Text("Tetherscope"),
		app.Div().Class("tools").Role("toolbar").Aria("label", "Capture and view").Body(
			brand(v.mode),
			recordButton(v.status.Recording),
			freezeButton(v.status.Mode == model.Frozen),
			command("clear", "").Class("tool").Title("Hide all rows (x). They can be brought back.").Text("Clear"),
			viewSwitch(v.status.View),
			filterBox(v, onFilter),
			toggle("compose", "", v.compose.open).Class(shownIf("tool", v.compose.can)).DataSet("testid", "compose-open").
				Title("Send something into an open connection (e takes the selected row)").Text("Compose"),
			toggle("faults", "", v.faults.open).Class(when(shownIf("tool", v.compose.can), v.faults.armed != "", "armed")).DataSet("testid", "faults-open").
				Title("Make connections fail, hold frames and decide about them (F)").Text("Faults"),
			fileMenu(v),
			toggle("settings", "", v.settings != nil).Class("tool round").Title("Settings: pairs, Protobuf (,)").Aria("label", "Settings").Text("⚙"),
			toggle("help", "", v.help).Class("tool round").Title("Keyboard and legend (?)").Aria("label", "Help").Text("?"),
		),
		chips(v),
		banner(v),
	)
}

// brand leads to the console page, where there is one.
func brand(m Mode) app.UI {
	if m == ModeServer || m == "" {
		return app.A().Class("brand").Href("/").Target("_blank").Title("Open the console page").Body(
			app.Img().Src("/icon.svg").Aria("hidden", "true").Width(20).Height(20),
			span("name", "Tetherscope"),
		)
	}
	return app.Span().Class("brand").Body(span("name", "Tetherscope"))
}

func recordButton(on bool) app.UI {
	text, title := "Recording", "Stop recording: records that pass are counted and not kept"
	if !on {
		text, title = "Paused", "Record again"
	}
	return toggle("record", "", on).Class(when("tool record", on, "on")).Title(title).Body(span("dot", ""), span("", text))
}

func freezeButton(on bool) app.UI {
	return toggle("freeze", "", on).Class(when("tool freeze", on, "on")).
		Title("Freeze the view; recording goes on (space)").Body(span("bars", ""), span("", "Freeze"))
}

func viewSwitch(now model.View) app.UI {
	option := func(v model.View, text, title string) app.UI {
		return toggle("view", strconv.Itoa(int(v)), v == now).Class("option").Title(title).Text(text)
	}
	return app.Div().Class("switch").Role("group").Aria("label", "Rows are").DataSet("testid", "view").Body(
		option(model.Messages, "Messages", "One row for each message, reassembled and inflated (v)"),
		option(model.Frames, "Frames", "One row for each frame as it stood on the wire (v)"),
	)
}

// chips are the toggles of direction and type, with live counts: of what they would show under everything else that filters.
func chips(v view) app.UI {
	s := v.status
	items := make([]app.UI, 0, len(dirs)+int(model.NumTypes)+2)
	for _, d := range dirs {
		n := s.Tally.Frames[d.dir]
		if s.View == model.Messages {
			n = s.Tally.Messages[d.dir]
		}
		if !s.Facets.Off {
			n = s.Facets.Dirs[d.dir]
		}
		items = append(items, toggle("dir", strconv.Itoa(int(d.dir)), !s.Filter.HideDir[d.dir]).
			Class("chip dir-"+d.dir.String()).Title("Show what the client "+d.name).
			Body(span("mark", d.arrow), span("", d.name), span("count", short(n))))
	}
	for t := range model.TypeGap {
		n := s.Tally.Types[s.View][t]
		if !s.Facets.Off {
			n = s.Facets.Types[t]
		}
		rare := t == model.TypeContinuation || t == model.TypeReserved
		items = append(items, toggle("type", strconv.Itoa(int(t)), !s.Filter.Hides(t)).
			Class(shownIf("chip", !rare || n > 0 || s.Filter.Hides(t))).Title("Show rows of type "+t.String()).
			Body(span("", t.String()), span("count", short(n))))
	}
	wrong := s.Tally.Violations
	if !s.Facets.Off {
		wrong = s.Facets.Wrong
	}
	items = append(items,
		toggle("broken", "", s.Filter.Broken).Class(when("chip only", s.Tally.Violations > 0, "alarm")).
			Title("Show only rows that break a rule of RFC 6455 or RFC 7692").
			Body(span("mark", "⚠"), span("", "violations"), span("count", short(wrong))),
		toggle("stats", "", v.stats != nil).Class("chip plain").Title("Rates, sizes, latencies, kinds of messages, broken rules (s)").Text("statistics"),
		command("drop-all", "").Class(shownIf("chip reset", len(s.Terms) > 0)).Title("Remove every filter").Text("reset filters"),
	)
	return app.Div().Class(when("chips", s.Facets.More, "counting")).Role("toolbar").Aria("label", "Filter by direction and type").DataSet("testid", "chips").Body(items...)
}

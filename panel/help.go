package panel

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/controller"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// shortcuts are the keys of the help, the most useful first.
var shortcuts = [...]struct{ keys, what string }{
	{"j k ↑ ↓", "next, previous row"},
	{"[ ]", "previous, next row in the same direction"},
	{"Shift+↑ Shift+↓", "select several rows; also with Shift or Ctrl and a click"},
	{"PgUp PgDn Home", "one page up, one page down, first row"},
	{"End G", "newest row, auto-scroll on"},
	{"Enter", "focus the detail"},
	{"Esc", "leave a box, close the detail"},
	{"/", "focus the filter; ↓ and Tab complete"},
	{"Ctrl+F", "find text among all rows; again: the browser's own search"},
	{"g T", "go to a row, a record or a time; change what the time column shows"},
	{"f", "filter: hide other rows, or highlight matches"},
	{"n N", "next, previous match"},
	{"h o", "hide similar rows, show only similar rows"},
	{"m ' w", "mark the row, next mark, write a note"},
	{"p", "from a request to its response and back, from a fragment to its message"},
	{"d", "compare with the last marked row"},
	{"D", "compare two captures that are open together"},
	{"s t R", "statistics, timeline, charts of response times and rates"},
	{". ,", "columns, settings"},
	{"space", "freeze the view"},
	{"v", "messages or frames"},
	{"l L", "ladder of client, proxy and server; conversation"},
	{"1 – 7", "tabs of the detail"},
	{"c C", "copy the content, copy as …"},
	{"e r", "edit the row in the composer, send it again"},
	{"F", "fault rules and intercepted frames"},
	{"Q", "requests: connections, messages and checks that are kept and run"},
	{"S", "save the rows that pass the filters as JSON Lines"},
	{"O", "open a capture: HAR, JSON Lines, pcapng, pcap, .tscap; or drop one"},
	{"x u", "clear, undo clear"},
	{"?", "this help"},
}

// legend explains the cells of the grid.
var legend = [...]struct{ sign, what string }{
	{record.Out.Arrow() + " " + record.In.Arrow(), "client to server, server to client"},
	{"■ □", "FIN set (last frame of a message), FIN not set"},
	{"┌ ├ └", "frames of one message, first to last; others may be between them"},
	{"1 2 3", "reserved bits RSV1, RSV2, RSV3"},
	{"z", "compressed (permessage-deflate)"},
	{"500 → 8", "length, and length on the wire"},
	{"–", "unknown: a page sees messages, not the wire"},
	{"⚠ 1", "number of protocol violations"},
}

func helpOverlay(v controller.Snapshot) app.UI {
	return app.Div().Class(shownIf("overlay", v.Help)).DataSet("testid", "help").Body(
		app.Section().Class("help").Role("dialog").Aria("label", "Help").Body(
			app.Div().Class("head").Body(
				app.H2().Text("Keyboard and legend"),
				docsLink(v.Mode),
				command(controller.ToggleHelp{}).Class("shut").Aria("label", "Close help").Text("×"),
			),
			app.Div().Class("columns").Body(shortcutList(), legendList()),
			queryHelp(),
			app.P().Class("soft").Text("Auto-scroll keeps the newest row in view. Scrolling up or selecting a row turns it off; new rows are counted. Freeze stops the view while recording continues. The head of a column sorts the rows, up, down and not; Tab leads from the grid into the heads."),
		),
	)
}

// docsLink leads to the documentation that the server has.
func docsLink(m controller.Mode) app.UI {
	here := m == controller.ModeServer || m == ""
	return app.A().Class(shownIf("link docs", here)).Href("/docs/").Target("_blank").Text("Documentation")
}

func shortcutList() app.UI {
	var items []app.UI
	for _, s := range shortcuts {
		items = append(items, app.Dt().Body(kbd(s.keys)), app.Dd().Text(s.what))
	}
	return app.Dl().Class("keys").Body(items...)
}

func legendList() app.UI {
	var items []app.UI
	for _, l := range legend {
		items = append(items, app.Dt().Class("sign").Text(l.sign), app.Dd().Text(l.what))
	}
	return app.Dl().Class("keys").Body(items...)
}

// samples are queries that show what the language can say beyond single fields.
var samples = [...]struct{ text, what string }{
	{`error`, "rows that contain the text; case-sensitive if it has a capital letter"},
	{`/time(d )?out/i`, "a regular expression (RE2)"},
	{`dir:in $.type="trade" $.price>100`, "all terms must match; a path looks into JSON"},
	{`op:ping or op:pong`, "either term; not and brackets work too"},
	{`near:3 code:4000..4999`, "the matches with 3 rows around each; also before: and after:"},
}

// queryHelp is the filter language in two tables. An example goes into the filter box when it is pressed.
func queryHelp() app.UI {
	var rows []app.UI
	row := func(text, name, what string) {
		rows = append(rows, app.Tr().Body(
			app.Th().Body(app.Code().Text(name)),
			app.Td().Body(command(controller.UseQuery{Text: text}).Class("link").Body(app.Code().Text(text))),
			app.Td().Class("soft").Text(what),
		))
	}
	for _, s := range samples {
		row(s.text, "e.g.", s.what)
	}
	for _, f := range query.Fields() {
		row(f.Example, f.Name, f.Explanation+": "+f.Values)
	}
	return app.Section().Class("language").Body(
		app.H3().Text("The filter language"),
		app.Table().Class("grammar").Body(app.TBody().Body(rows...)),
	)
}

package panel

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/model/query"
)

// shortcuts are the keys of the help and of the detail while nothing is selected, the most useful first.
var shortcuts = [...]struct{ keys, what string }{
	{"j k ↑ ↓", "next, previous row"},
	{"[ ]", "previous, next row in the same direction"},
	{"PgUp PgDn Home", "by a page, to the first row"},
	{"End G", "to the newest row, and follow"},
	{"Enter", "into the detail"},
	{"Esc", "back: out of a box, close the detail"},
	{"/", "into the filter box; ↓ and Tab complete"},
	{"f", "filter hides rows, or finds and marks them"},
	{"n N", "next, previous row that was found"},
	{"h o", "hide rows like this, show only those"},
	{"m ' w", "mark the row, next mark, write a note"},
	{"p", "to the answer of a request and back, from a fragment to its message"},
	{"d", "compare with the row marked last"},
	{"s t", "statistics, timeline"},
	{". ,", "columns, settings"},
	{"space", "freeze the view"},
	{"v", "messages or frames"},
	{"1 – 7", "tabs of the detail"},
	{"c C", "copy the selected content, copy as …"},
	{"e r", "take the row into the composer, send it again"},
	{"F", "make connections fail, hold frames"},
	{"S", "save the shown rows as JSON lines"},
	{"O", "open a capture: HAR, JSON lines, pcapng, .tscap; or drop it"},
	{"x u", "clear, undo clear"},
	{"?", "this help"},
}

// legend explains the cells of the grid.
var legend = [...]struct{ sign, what string }{
	{"↑ ↓", "sent by the client, received by it"},
	{"■ □", "FIN: last frame of a message, more follow"},
	{"┌ ├ └", "frames of one message; others may stand between them"},
	{"1 2 3", "reserved bits RSV1, RSV2, RSV3"},
	{"z", "compressed (permessage-deflate)"},
	{"500 → 8", "length, and what it took on the wire"},
	{"–", "not known: a page sees messages, not the wire"},
	{"⚠ 1", "breaks a rule of the RFC"},
}

func helpOverlay(v view) app.UI {
	return app.Div().Class(shownIf("overlay", v.help)).DataSet("testid", "help").Body(
		app.Section().Class("help").Role("dialog").Aria("label", "Help").Body(
			app.Div().Class("head").Body(
				app.H2().Text("Keyboard and legend"),
				command("help", "").Class("shut").Aria("label", "Close help").Text("×"),
			),
			app.Div().Class("columns").Body(shortcutList(len(shortcuts)), legendList()),
			queryHelp(),
			app.P().Class("soft").Text("FOLLOW keeps the newest row in sight. Scrolling up or selecting a row holds the view (HELD); what comes meanwhile is counted. Freeze stops the view altogether (FROZEN) while recording goes on."),
		),
	)
}

func shortcutList(n int) app.UI {
	var items []app.UI
	for _, s := range shortcuts[:n] {
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
	{`error`, "rows with the text in them; a capital letter makes it exact"},
	{`/time(d )?out/i`, "a regular expression (RE2)"},
	{`dir:in $.type="trade" $.price>100`, "all of them must hold; a path looks into JSON"},
	{`op:ping or op:pong`, "one of them; not and brackets work too"},
	{`near:3 code:4000..4999`, "rows of the neighbourhood; also before: and after:"},
}

// queryHelp is the filter language in two tables. An example goes into the filter box when it is pressed.
func queryHelp() app.UI {
	var rows []app.UI
	row := func(text, name, what string) {
		rows = append(rows, app.Tr().Body(
			app.Th().Body(app.Code().Text(name)),
			app.Td().Body(command("use-query", text).Class("link").Body(app.Code().Text(text))),
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

package panel

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/model"
)

// banner stands above everything while a file is looked at: live traffic and a file must never be taken for each other.
func banner(v view) app.UI {
	f := &v.file
	items := make([]app.UI, 0, len(f.Damage)+2)
	if f.Problem != "" {
		items = append(items, app.Li().Class("problem").Text("⚠ "+f.Problem))
	}
	for _, text := range f.Damage {
		items = append(items, app.Li().Text("⚠ "+text))
	}
	if f.More > 0 {
		items = append(items, app.Li().Text("and "+model.Count(uint64(f.More))+" more"))
	}
	return app.Div().Class(shownIf("banner", f.Open)).DataSet("testid", "banner").DataSet("state", when("reading", f.Done, "done")).Body(
		app.Div().Class("line").Body(
			span("what", "File"),
			span("name", f.Name),
			span("sum", f.summary()),
			app.Progress().Class(shownIf("bar", !f.Done)).Max(100).Value(f.Percent).Aria("label", "Read"),
			command("back", "").Class(shownIf("tool small primary", v.mode != ModeShared)).Title("Look at the live capture again").Text("Back to live"),
		),
		app.Ul().Class(shownIf("damage", len(items) > 0)).Body(items...),
	)
}

// fileMenu opens captures and saves them.
func fileMenu(v view) app.UI {
	item := func(word, arg, text, title string) app.UI {
		return command(word, arg).Class("item").Role("menuitem").Title(title).Text(text)
	}
	return app.Div().Class("pop").Body(
		command("export", "").Class("tool left").Title("Save the shown rows as JSON lines (S)").Text("Export"),
		command("menu", "file").Class("tool right").Aria("label", "Open and save files").Aria("haspopup", "menu").
			Aria("expanded", boolText(v.menu == "file")).Title("Open, save, share").DataSet("testid", "file-menu").Text("▾"),
		app.Div().Class(shownIf("menu", v.menu == "file")).Role("menu").Aria("label", "Files").Body(
			item("open-file", "", "Open a capture… (O)", "HAR, JSON lines, pcapng, pcap, .tscap: it may also be dropped on the panel"),
			app.Hr(),
			item("save", "html", "Share as one HTML file", "The panel and the capture in a file that opens anywhere, without a network"),
			item("save", "tscap", "Save as .tscap", "Everything, for the panel and the command line"),
			item("save", "jsonl", "Save as .jsonl", "A record for each line"),
			item("save", "har", "Save as .har", "For Chrome's Network panel, and back"),
			item("save", "pcapng", "Save as .pcapng", "For Wireshark"),
			app.Hr(),
			toggle("keep-secrets", "", v.secret).Class("item").Role("menuitemcheckbox").Aria("checked", boolText(v.secret)).
				Title("Authorization, cookies and parameters named like tokens are hidden unless this is on. Payloads are never looked into.").
				Text(map[bool]string{false: "☐ keep credentials", true: "☑ keep credentials"}[v.secret]),
			app.P().Class("soft").Text("Saved is what the filters show, with all frames of shown messages."),
		),
	)
}

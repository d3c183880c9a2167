package panel

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// banner is shown while a file is open, so that a file is never mistaken for live traffic.
func banner(v controller.Snapshot) app.UI {
	if v.Packets.Source != "" {
		return packetsBanner(v.Packets)
	}
	f := &v.File
	items := make([]app.UI, 0, len(f.Damage)+len(f.Omitted)+2)
	if f.Problem != "" {
		items = append(items, app.Li().Class("problem").Text("⚠ "+f.Problem))
	}
	for _, text := range f.Damage {
		items = append(items, app.Li().Text("⚠ "+text))
	}
	if f.More > 0 {
		items = append(items, app.Li().Text("and "+format.Count(uint64(f.More))+" more"))
	}
	for _, text := range f.Omitted {
		items = append(items, app.Li().Class("omitted").Text("Passed over: "+text))
	}
	return app.Div().Class(shownIf("banner", f.Open)).DataSet("testid", "banner").DataSet("state", when("reading", f.Done, "done")).Body(
		app.Div().Class("line").Body(
			span("what", "File"),
			span("name", f.Name),
			span("sum", f.Summary()),
			app.Progress().Class(shownIf("bar", !f.Done)).Max(100).Value(f.Percent).Aria("label", "Reading progress"),
			toggle(controller.ToggleCredentials{}, v.ShowSecrets).Class(shownIf("tool small", f.Secrets)).Disabled(v.KeepSecrets).
				Title("Credentials in handshakes are hidden, as in the live capture; shown, they are still not saved").Text("Show credentials"),
			toggle(controller.ToggleComparison{}, v.Compare.Open).Class(shownIf("tool small", f.Files > 1)).DataSet("testid", "compare-open").
				Title("Show what two of the files differ in (D)").Text("Compare"),
			command(controller.BackToLive{}).Class(shownIf("tool small primary", v.Mode != controller.ModeShared)).Title("Return to the live capture").Text("Back to live"),
		),
		app.Ul().Class(shownIf("damage", len(items) > 0)).Body(items...),
	)
}

// shortageNote is one line that says what the budget of the server refused.
func shortageNote(text string) app.UI {
	return app.P().Class(shownIf("shortage", text != "")).DataSet("testid", "shortage").Title(text).Body(
		span("what", "Memory limit reached"),
		span("text", text),
		command(controller.HideShortage{}).Class("tool small").Title("Hide this until something is refused again").Text("Hide"),
	)
}

// packetsBanner says what the server's live capture of packets passes over.
func packetsBanner(p controller.PacketsView) app.UI {
	items := make([]app.UI, 0, len(p.Omitted))
	for _, text := range p.Omitted {
		items = append(items, app.Li().Class("omitted").Text("Passed over so far: "+text))
	}
	state := "shown as they pass"
	if p.Ended {
		state = "ended"
	}
	return app.Div().Class("banner").DataSet("testid", "packets").Body(
		app.Div().Class("line").Body(
			span("what", "Packets"),
			span("name", p.Source),
			span("sum", state),
		),
		app.Ul().Class(shownIf("damage", len(items) > 0)).Body(items...),
	)
}

// fileMenu opens captures and saves them.
func fileMenu(v controller.Snapshot) app.UI {
	item := func(cmd controller.Command, text, title string) app.UI {
		return command(cmd).Class("item").Role("menuitem").Title(title).Text(text)
	}
	return app.Div().Class("pop").Body(
		command(controller.Update{Msg: model.Export{}}).Class("tool left").Title("Save the rows that pass the filters as JSON Lines (S)").Text("Export"),
		command(controller.ToggleMenu{Menu: controller.FileMenu}).Class("tool right").Aria("label", "Open and save files").Aria("haspopup", "menu").
			Aria("expanded", boolText(v.Menu == controller.FileMenu)).Title("Open, save, share").DataSet("testid", "file-menu").Text("▾"),
		app.Div().Class(shownIf("menu", v.Menu == controller.FileMenu)).Role("menu").Aria("label", "Files").Body(
			item(controller.OpenFile{}, "Open a capture… (O)", "HAR, JSON Lines, pcapng, pcap or .tscap; a file can also be dropped on the panel"),
			app.Hr(),
			item(controller.Save{Format: "html"}, "Share as one HTML file", "The panel and the capture in one file that opens offline"),
			item(controller.Save{Format: "tscap"}, "Save as .tscap", "Lossless, for the panel and the command line"),
			item(controller.Save{Format: "jsonl"}, "Save as .jsonl", "One record per line"),
			item(controller.Save{Format: "csv"}, "Save as .csv", "For spreadsheets"),
			item(controller.Save{Format: "har"}, "Save as .har", "For the Network panel of Chrome"),
			item(controller.Save{Format: "pcapng"}, "Save as .pcapng", "For Wireshark"),
			app.Hr(),
			toggle(controller.ToggleSecrets{}, v.KeepSecrets).Class("item").Role("menuitemcheckbox").Aria("checked", boolText(v.KeepSecrets)).
				Title("When off, Authorization headers, cookies and parameters named like tokens are redacted. Payloads are saved unchanged.").
				Text(map[bool]string{false: "☐ keep credentials", true: "☑ keep credentials"}[v.KeepSecrets]),
			app.P().Class("soft").Text("Saves the rows that pass the filters, with all frames of their messages."),
		),
	)
}

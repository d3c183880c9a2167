package panel

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// statusBar is the line at the bottom: counters, how the feed is doing, and what was just done.
func statusBar(v controller.Snapshot) app.UI {
	s := v.Status
	bytes, wire := rows.Total(s.Tally.Bytes), rows.Total(s.Tally.Wire)
	return app.Footer().Class("status").DataSet("testid", "status").Body(
		feedState(s.Feed, v.Mode, v.File.Open),
		counter("frames", "frames", format.Count(rows.Total(s.Tally.Frames)), "frames since the last clear"),
		counter("shown", "shown", format.Count(uint64(s.Shown)), "rows that pass the filters"),
		app.Span().Class(shownIf("counter", s.Chosen > 0)).DataSet("counter", "selected").Title("selected rows: copy, mark, save and export are about them").
			Body(span("value", format.Count(uint64(s.Chosen))), span("name", "selected")),
		counter("bytes", "payload", format.Size(bytes)+unit(bytes), "payload bytes after decompression"),
		counter("wire", "on the wire", format.Size(wire)+unit(wire)+ratio(bytes, wire), "headers and payloads of all frames"),
		counter("discarded", "discarded", format.Count(s.Evicted), "rows discarded to stay within the memory limit, the oldest first"),
		counter("missed", "missed", format.Count(s.Tally.Missing), "records that did not arrive here; each gap is a row of the grid"),
		app.Span().Class("note").Role("status").Body(
			span("", v.Note+faultText(s.Fault)),
			command(controller.Update{Msg: model.Undo{}}).Class(shownIf("link", s.CanUndo && v.Total > 0)).Title("Restore the cleared rows (u)").Text("undo clear"),
		),
		span("searching", searching(s.Scanning && s.Filter.Text != "")),
		app.Span().Class("mode "+s.Mode.String()).DataSet("testid", "mode").Title(modeTitle(s)).Text(s.ModeLabel()),
	)
}

func counter(id, name, value, title string) app.UI {
	return app.Span().Class("counter").DataSet("counter", id).Title(title).Body(span("value", value), span("name", name))
}

func unit(n uint64) string {
	if n < 10_000 {
		return " B"
	}
	return ""
}

// ratio says how many times smaller the wire is than the payload.
func ratio(bytes, wire uint64) string {
	if wire == 0 || bytes <= wire {
		return ""
	}
	return " (÷" + strconv.FormatFloat(float64(bytes)/float64(wire), 'f', 1, 64) + ")"
}

func searching(on bool) string {
	if on {
		return "searching…"
	}
	return ""
}

func faultText(fault string) string {
	if fault == "" {
		return ""
	}
	return " ⚠ " + fault
}

func modeTitle(s model.Status) string {
	if s.Sorting.Column != "" {
		return "The rows are as they were when they were sorted, while recording continues; G or space returns to live"
	}
	switch s.Mode {
	case model.Follow:
		return "The newest row stays in view"
	case model.Paused:
		return "The view does not move; End or G turns auto-scroll on"
	case model.Frozen:
		return "The view is frozen while recording continues; space resumes it"
	}
	return ""
}

// feedState says how the connection to the server is doing, and offers to load the page again when only that helps.
func feedState(f model.Feed, m controller.Mode, file bool) app.UI {
	text, look := "", ""
	switch f.State {
	case model.FeedConnecting:
		text, look = "connecting", "waiting"
	case model.FeedLive:
		text, look = "live", "live"
	case model.FeedWaiting:
		text, look = "reconnecting", "waiting"
	case model.FeedStopped:
		text, look = "stopped", "stopped"
	}
	switch {
	case m == controller.ModeShared:
		text, look = "shared file", "still"
	case file: // the live capture goes on, out of sight
		text, look = "file", "still"
	}
	if f.Note != "" {
		text += ": " + f.Note
	}
	return app.Span().Class("feed "+look).DataSet("testid", "feed").DataSet("state", look).Body(
		span("dot", ""),
		span("", text),
		command(controller.Reload{}).Class(shownIf("link", f.State == model.FeedStopped)).Text("reload"),
	)
}

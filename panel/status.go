package panel

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/model"
)

// statusBar is the line at the bottom: counters, how the feed is doing, and what was just done.
func statusBar(v view) app.UI {
	s := v.status
	bytes, wire := model.Total(s.Tally.Bytes), model.Total(s.Tally.Wire)
	return app.Footer().Class("status").DataSet("testid", "status").Body(
		feedState(s.Feed, v.mode, v.file.Open),
		counter("frames", "frames", model.Count(model.Total(s.Tally.Frames)), "frames since the last clear"),
		counter("shown", "shown", model.Count(uint64(s.Shown)), "rows that the view and the filter show"),
		counter("bytes", "payload", model.Size(bytes)+unit(bytes), "bytes as the application gets them"),
		counter("wire", "on the wire", model.Size(wire)+unit(wire)+ratio(bytes, wire), "headers and payloads of all frames"),
		counter("evicted", "evicted", model.Count(s.Evicted), "rows let go to stay within the limits; the oldest go first"),
		counter("skipped", "skipped", model.Count(s.Tally.Missing), "records that never came here; each gap is a row of the grid"),
		app.Span().Class("note").Role("status").Body(
			span("", v.note+faultText(s.Fault)),
			command("undo", "").Class(shownIf("link", s.CanUndo && v.total > 0)).Title("Bring the cleared rows back (u)").Text("undo clear"),
		),
		span("searching", searching(s.Scanning && s.Filter.Text != "")),
		app.Span().Class("mode "+s.Mode.String()).DataSet("testid", "mode").Title(modeTitle(s.Mode)).Text(s.Mode.String()),
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

// ratio says how many times smaller the wire is than what the application gets.
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

func modeTitle(m model.Mode) string {
	switch m {
	case model.Follow:
		return "The newest row stays in sight"
	case model.Held:
		return "The rows stay where they are; End or G follows again"
	case model.Frozen:
		return "The view is frozen while recording goes on; space thaws it"
	}
	return ""
}

// feedState says how the connection to the server is doing, and offers to load the page again when only that helps.
func feedState(f model.Feed, m Mode, file bool) app.UI {
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
	case m == ModeShared:
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
		command("reload", "").Class(shownIf("link", f.State == model.FeedStopped)).Text("reload"),
	)
}

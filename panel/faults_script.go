package panel

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/scope/act"
)

// scriptSection is the script that decides about messages before the rules: how it stands, what it has done, and what it would do. Without a script
// it says how to have one.
func scriptSection(v *controller.ScriptView) app.UI {
	s := &v.Script
	if s.File == "" {
		return app.Div().Class("script").DataSet("testid", "script").Body(span("soft", "Script: none. -script FILE runs a function per message."))
	}
	state := "off: messages pass"
	if s.Active {
		state = "on"
	}
	return app.Div().Class("script").DataSet("testid", "script").Body(
		app.Div().Class("line").Body(
			span("soft", "Script"), app.Code().Class("url").Title(s.File).Text(s.File),
			app.Span().Class(when("state", s.Active, "active")).Role("status").Text(state),
		),
		app.Div().Class("line").Body(
			toggle(controller.ToggleScript{}, s.Active).Class("chip plain").Title("While it is off, messages pass as they are").Text("Active"),
			command(controller.TryScript{}).Class("tool small").Disabled(v.Trying).
				Title("Show what the file, as it is now, would do to the captured messages; nothing is sent").Text("Try on capture"),
			span(shownIf("soft", v.Trying), "trying…"), span(shownIf("soft", s.Strict), "strict: its failure closes the connection"),
		),
		scriptProblem("script-problem", s.Problem),
		app.P().Class("soft").DataSet("testid", "script-counts").Text(scriptCounts(s)),
		app.P().Class(shownIf("soft", s.Last != "" && s.Last != s.Problem)).Text("Last error: "+format.Preview([]byte(s.Last), 600)),
		scriptProblem("script-failed", v.Failed),
		trial(v.Trial),
	)
}

func scriptProblem(id, text string) app.UI {
	return app.P().Class(shownIf("problem", text != "")).Role("alert").DataSet("testid", id).Text("⚠ " + format.Preview([]byte(text), 600))
}

// scriptCounts says what the script has done, and what that took.
func scriptCounts(s *act.Script) string {
	count := func(n uint64, what string) string { return ", " + format.Count(n) + " " + what }
	text := format.Plural(s.Calls, "call") + count(s.Changed, "changed") + count(s.Dropped, "dropped") + count(s.Answered, "answered") +
		count(s.Closed, "closed") + count(s.Failed, "failed") + count(s.Late, "timed out")
	if s.Restarts > 0 {
		text += count(s.Restarts, "restarts")
	}
	if s.Calls == 0 {
		return text
	}
	return text + " · per call mean " + micros(s.Mean) + ", max " + micros(s.Longest)
}

func micros(n int64) string { return (time.Duration(n) * time.Microsecond).String() }

package panel

import (
	"fmt"
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/scope/act"
)

// requestsDrawer is the drawer in which requests are written, kept, checked and run.
func requestsDrawer(v controller.Snapshot, on app.EventHandler) app.UI {
	r := v.Requests
	drawer := app.Section().Class(shownIf("compose requests", r.Open)).Aria("label", "Requests").DataSet("testid", "requests")
	if !r.Open {
		return drawer
	}
	body := app.Div().Class("columns")
	if r.Available {
		body = body.Body(requestsText(&r, v.Address, on), requestsKept(&r, on), requestsResults(&r))
	} else {
		body = body.Body(app.P().Class("without").DataSet("testid", "requests-without").Text(
			"Requests are run by a server, and this page has none: it shows a file, or is a panel of the developer tools. In a terminal, tetherscope requests run FILE runs them."))
	}
	return drawer.Body(
		app.Div().Class("bar").Body(
			app.H2().Text("Requests"),
			app.Span().Class(when("state", r.Failed, "bad")).Role("status").DataSet("testid", "requests-state").Text(r.State),
			app.Span().Class("targets"),
			command(controller.ToggleRequests{}).Class("shut").Aria("label", "Close the requests").Text("×"),
		),
		body,
	)
}

// requestsText is the text, and what can be done with it.
func requestsText(r *controller.RequestsView, address string, on app.EventHandler) app.UI {
	example := "[[request]]\nname = \"echo\"\nurl = \"" + address + "/ws/echo\"\n[[request.step]]\nsend = \"hello\"\n[[request.step]]\nexpect = \"hello\""
	return app.Div().Class("payload").Body(
		app.Label().Class("soft").For("requests-text").Text("Requests with their steps, as TOML"),
		app.Textarea().ID("requests-text").Class("box").Spellcheck(false).Placeholder(example).OnInput(on),
		app.P().Class(shownIf("problem", r.Problem != "")).Role("alert").DataSet("testid", "requests-problem").Text(r.Problem),
		app.Div().Class("line").Body(
			command(controller.RunRequests{}).Class(shownIf("tool primary", !r.Running)).DataSet("testid", "requests-run").
				Title("Open the connections and run the steps (Ctrl+Enter). They are captured").Text("Run"),
			command(controller.StopRequests{}).Class(shownIf("tool", r.Running)).DataSet("testid", "requests-stop").Text("Stop"),
			command(controller.CheckRequests{}).Class("tool").DataSet("testid", "requests-check").
				Title("Say what is wrong, and which variables have no value; nothing is connected to").Text("Check"),
			command(controller.OpenRequests{}).Class("tool").Title("Read them from a file").Text("Open…"),
			command(controller.SaveRequests{}).Class("tool").Title("Save them to a file").Text("Save to file"),
		),
	)
}

// requestsKept is what the browser keeps, the variables that have no value, and what a check found.
func requestsKept(r *controller.RequestsView, on app.EventHandler) app.UI {
	kept := make([]app.UI, 0, len(r.Kept))
	for i, name := range r.Kept {
		kept = append(kept, app.Span().Class("kept").Body(
			command(controller.UseRequests{Index: i}).Class("chip plain").Title("Put these requests into the box").Text(format.Preview([]byte(name), 200)),
			command(controller.DropRequests{Index: i}).Class("cross").Aria("label", "Delete the requests "+name).Text("×"),
		))
	}
	return app.Div().Class("frame").Body(
		app.Div().Class("line").Body(
			app.Label().Class("labelled title").Body(
				span("", "Name"),
				app.Input().ID("requests-name").Type("text").Class("box").Placeholder("log in").AutoComplete(false).OnInput(on),
			),
			command(controller.KeepRequests{}).Class("tool small").Title("This browser keeps them under the name, as they are written").Text("Keep"),
		),
		app.Div().Class(shownIf("line", len(kept) > 0)).Role("group").Aria("label", "Kept requests").DataSet("testid", "requests-kept").Body(kept...),
		span("soft", "Kept in this browser as they are written. For secrets write {{name}}: Check asks for its value, which is not kept."),
		requestsVars(r, on),
		requestsOutline(r),
	)
}

func requestsVars(r *controller.RequestsView, on app.EventHandler) app.UI {
	items := make([]app.UI, 0, len(r.Asked))
	for _, one := range r.Asked {
		items = append(items, app.Label().Class("labelled title").Body(
			app.Code().Text(one.Name),
			app.Input().ID("requests-var-"+one.Name).Type("text").Class("box").Value(one.Value).Placeholder("no value").AutoComplete(false).OnInput(on),
		))
	}
	return app.Div().Class(shownIf("line", len(items) > 0)).Role("group").Aria("label", "Variables without a value").DataSet("testid", "requests-vars").Body(items...)
}

// requestsOutline is what a check found.
func requestsOutline(r *controller.RequestsView) app.UI {
	list := app.Ul().Class("outline").Aria("label", "Requests in the text").DataSet("testid", "requests-outline")
	if r.Checked == nil {
		return list
	}
	items := make([]app.UI, 0, len(r.Checked.Requests))
	for _, q := range r.Checked.Requests {
		name := format.Preview([]byte(q.Name), 100)
		items = append(items, app.Li().Body(
			command(controller.RunRequests{Only: q.Name}).Class("tool small").Disabled(r.Running).Aria("label", "Run only "+name).Text("Run"),
			app.Span().Title(q.URL).Text(name), span("soft", format.Plural(uint64(q.Steps), "step")+", line "+strconv.Itoa(q.Line)),
		))
	}
	return list.Body(items...)
}

// requestsResults is a line for each step of the last run.
func requestsResults(r *controller.RequestsView) app.UI {
	items := make([]app.UI, 0, len(r.Steps)+1)
	for i := range r.Steps {
		if i == 0 || r.Steps[i].Request != r.Steps[i-1].Request {
			items = append(items, app.Li().Class("request").Text(format.Preview([]byte(r.Steps[i].Request), 100)))
		}
		items = append(items, requestsStep(&r.Steps[i]))
	}
	none := "Results appear here, a line for each step. Each leads to its frames."
	return app.Div().Class("sending").Body(
		span("soft", "Results"),
		app.P().Class(shownIf("soft", len(items) == 0)).Text(none),
		app.Ol().Class("steps").Aria("label", "Results").DataSet("testid", "requests-steps").Body(items...),
		app.P().Class(shownIf("soft", r.More > 0)).Text(format.Plural(uint64(r.More), "further step")+" not listed."),
	)
}

// marks are what a step's line begins with.
var marks = map[string]string{act.StepPassed: "✓", act.StepFailed: "✗", act.StepSkipped: "–"}

// requestsStep is the line of a step. It leads to its frames if they are in the capture.
func requestsStep(s *act.StepResult) app.UI {
	what := []app.UI{
		span("outcome", marks[s.Outcome]+" "+s.Outcome),
		app.Span().Class("soft").Title("line and column in the text").Text(fmt.Sprintf("%d:%d", s.Line, s.Column)),
		span("", s.Kind), app.Code().Text(format.Preview([]byte(s.Text), 200)),
		span(shownIf("soft took", s.Outcome != act.StepSkipped), took(s.Millis)),
	}
	var line app.UI = app.Div().Class("what").Body(what...)
	if found := framesOf(s); found != "" {
		line = command(controller.UseQuery{Text: found}).Class("what").Title("Show its frames: " + found).Body(what...)
	}
	return app.Li().Class("step is-"+s.Outcome).DataSet("step", strconv.Itoa(s.Step)).Body(
		line, app.P().Class(shownIf("problem", s.Problem != "")).Text(format.Preview([]byte(s.Problem), 600)),
	)
}

// framesOf is the filter that finds the frames of a step; "" when its connection is not known.
func framesOf(s *act.StepResult) string {
	switch {
	case s.Conn == 0:
		return ""
	case s.Message == 0 || s.Dir == "":
		return fmt.Sprintf("conn:%d", s.Conn)
	}
	return fmt.Sprintf("conn:%d dir:%s msg:%d", s.Conn, s.Dir, s.Message)
}

func took(millis float64) string {
	d := time.Duration(millis * float64(time.Millisecond))
	return d.Round(max(time.Microsecond, d/1000)).String()
}

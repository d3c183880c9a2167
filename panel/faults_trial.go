package panel

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/scope/act"
)

// trial is what the rules in the box would do to the capture: a line for each rule, and its first records.
func trial(t *act.Trial) app.UI {
	list := app.Ul().Class(shownIf("trial", t != nil)).Aria("live", "polite").DataSet("testid", "faults-trial")
	if t == nil {
		return list
	}
	items := make([]app.UI, 0, len(t.Rules)+1)
	for i := range t.Rules {
		items = append(items, triedRule(&t.Rules[i]))
	}
	if len(items) == 0 {
		items = append(items, app.Li().Class("soft").Text("There is no rule to try."))
	}
	return list.Body(items...)
}

func triedRule(r *act.TriedRule) app.UI {
	items := make([]app.UI, 0, len(r.Examples)+1)
	items = append(items, app.Span().Class("what").Body(app.Code().Title(r.Text).Text(r.Text), span("soft", model.TrialText(r))))
	for i := range r.Examples {
		items = append(items, triedRecord(&r.Examples[i]))
	}
	return app.Li().Body(items...)
}

// triedRecord is a button that goes to the record.
func triedRecord(e *act.TriedRecord) app.UI {
	arrow := ""
	switch e.Dir {
	case record.In.String():
		arrow = record.In.Arrow()
	case record.Out.String():
		arrow = record.Out.Arrow()
	}
	changed := e.Before != "" || e.After != ""
	return command(controller.Update{Msg: model.Seek{Seq: e.Seq}}).Class("example").Title("Go to record "+strconv.FormatUint(e.Seq, 10)).Body(
		span("soft", "#"+strconv.FormatUint(e.Seq, 10)+" "+arrow),
		span(shownIf("soft", !changed), e.Outcome+sep(e.Why != "")+e.Why),
		app.Del().Class(shownIf("", changed)).Text(format.Visible(e.Before)),
		app.Ins().Class(shownIf("", changed)).Text(format.Visible(e.After)),
	)
}

package panel

import (
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/scope/act"
)

// faultRules is the drawer in which fault rules are written and intercepted frames resolved.
func faultRules(v controller.Snapshot, on app.EventHandler) app.UI {
	f := v.Faults
	drawer := app.Section().Class(shownIf("compose faults", f.Open)).Aria("label", "Faults").DataSet("testid", "faults")
	if !f.Open {
		return drawer
	}
	state := "No rules active"
	if f.Active != "" {
		state = format.Plural(uint64(f.Rules), "rule") + " active"
	}
	return drawer.Body(
		app.Div().Class("bar").Body(
			app.H2().Text("Faults"),
			app.Span().Class(when("state", f.Active != "", "active")).Role("status").DataSet("testid", "faults-state").Text(state),
			app.Span().Class("targets"),
			command(controller.ClearRules{}).Class("tool small").Disabled(f.Active == "").Title("Forward everything unchanged; intercepted and delayed frames are sent now").
				DataSet("testid", "faults-clear").Text("Disable all"),
			command(controller.ToggleFaults{}).Class("shut").Aria("label", "Close the fault rules").Text("×"),
		),
		app.Div().Class("columns").Body(rulesText(f, on), faultPresets(f, &v.Script), interceptedFrames(f)),
	)
}

// rulesText are the rules as text.
func rulesText(f controller.FaultsView, on app.EventHandler) app.UI {
	return app.Div().Class("payload").Body(
		app.Label().Class("soft").For("faults-text").Text("One rule per line: filter => action"),
		app.Textarea().ID("faults-text").Class("box").Spellcheck(false).Placeholder("dir:in op:text => delay 100ms..300ms").OnInput(on),
		app.P().Class(shownIf("problem", f.Problem != "")).Role("alert").DataSet("testid", "faults-problem").Text(f.Problem),
		app.Div().Class("line").Body(
			command(controller.ApplyRules{}).Class("tool primary").Title("Apply these rules (Ctrl+Enter)").DataSet("testid", "faults-apply").Text("Apply"),
			command(controller.TryRules{}).Class("tool").Title("Show which captured records these rules match, and what would change; nothing is sent").
				DataSet("testid", "faults-try").Text("Try on capture"),
			span(shownIf("soft", f.Changed), "not applied yet"),
		),
		trial(f.Trial),
	)
}

// faultPresets are switches for single rules, which apply immediately.
func faultPresets(f controller.FaultsView, script *controller.ScriptView) app.UI {
	items := make([]app.UI, 0, len(model.Presets))
	for i, p := range model.Presets {
		items = append(items, toggle(controller.TogglePreset{Index: i}, model.HasRule(f.Active, p.Rule)).Class("chip plain").Title(p.Rule).Text(p.Name))
	}
	return app.Div().Class("frame").Body(
		span("soft", "Presets (apply immediately)"),
		app.Div().Class("ops").Role("group").Aria("label", "Faults").DataSet("testid", "faults-presets").Body(items...),
		scriptSection(script),
	)
}

// interceptedFrames are the frames that wait for a decision.
func interceptedFrames(f controller.FaultsView) app.UI {
	items := make([]app.UI, 0, len(f.Intercepted))
	for i := range f.Intercepted {
		items = append(items, interceptedFrame(&f.Intercepted[i], i))
	}
	none := "No intercepted frames. A rule with => intercept stops matching frames at the server until you forward, edit or drop them; other frames pass."
	return app.Div().Class("sending").Body(
		span("soft", "Intercepted frames"),
		app.P().Class(shownIf("soft", len(items) == 0)).Text(none),
		app.Ul().Class("intercepted").DataSet("testid", "intercepted").Body(items...),
		app.P().Class(shownIf("soft", f.More > 0)).Text(format.Plural(f.More, "further frame")+" too large to list: shown once those above are resolved."),
	)
}

func interceptedFrame(h *model.InterceptedRow, i int) app.UI {
	dir, to := record.In, "to the client of "
	if h.To == act.ToServer {
		dir, to = record.Out, "to the server of "
	}
	return app.Li().DataSet("intercepted", strconv.FormatUint(h.ID, 10)).Body(
		app.Span().Class("what").Body(
			app.Span().Class("direction").Title(to+"connection "+strconv.FormatUint(uint64(h.Conn), 10)).Text(dir.Arrow()+" #"+strconv.FormatUint(uint64(h.Conn), 10)),
			app.Span().Class("path").Title(h.Path).Text(h.Path),
			span("", h.Op), span("soft", format.Size(h.Size)), span(shownIf("soft", h.Compressed), "inflated"), app.Code().Text(h.Text),
		),
		app.Span().Class("line").Body(
			command(controller.ForwardFrame{Index: i}).Class("tool small").Text("Forward"),
			editFrame(i, h.Hidden),
			command(controller.DropFrame{Index: i}).Class("tool small").Text("Drop"),
			app.Span().Class("soft").Title("Then it is forwarded unchanged").Text(left(h.Left)),
		),
	)
}

// editFrame is the button that edits an intercepted frame; it says why where that cannot be.
func editFrame(i int, hidden bool) app.UI {
	b := command(controller.EditFrame{Index: i}).Class("tool small").Text("Edit…")
	if hidden {
		b = b.Disabled(true).Title(controller.HiddenFrame)
	}
	return b
}

// left is the time until an intercepted frame is forwarded, for people.
func left(ms int64) string {
	return "auto-forward in " + (time.Duration(ms) * time.Millisecond).Round(time.Second).String()
}

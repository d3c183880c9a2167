package panel

import (
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/scope/act"
)

// faultDeck is the drawer in which one makes connections fail, and decides about the frames that a rule holds.
func faultDeck(v view, on app.EventHandler) app.UI {
	f := v.faults
	drawer := app.Section().Class(shownIf("compose faults", f.open)).Aria("label", "Faults").DataSet("testid", "faults")
	if !f.open {
		return drawer
	}
	state := "Nothing is in force: frames pass as they are"
	if f.armed != "" {
		state = model.Count(uint64(f.rules)) + plural(" rule", f.rules) + " in force"
	}
	return drawer.Body(
		app.Div().Class("bar").Body(
			app.H2().Text("Faults"),
			app.Span().Class(when("state", f.armed != "", "armed")).Role("status").DataSet("testid", "faults-state").Text(state),
			app.Span().Class("targets"),
			command("faults-off", "").Class("tool small").Disabled(f.armed == "").Title("Let everything pass as it is; what is held or late goes now").
				DataSet("testid", "faults-off").Text("Take away"),
			command("faults", "").Class("shut").Aria("label", "Close the fault deck").Text("×"),
		),
		app.Div().Class("columns").Body(deckText(f, on), faultPresets(f), heldFrames(f)),
	)
}

// deckText is the deck as text.
func deckText(f faultsView, on app.EventHandler) app.UI {
	return app.Div().Class("payload").Body(
		app.Label().Class("soft").For("faults-text").Text("The deck: a rule a line, a query of the filter before the arrow"),
		app.Textarea().ID("faults-text").Class("box").Spellcheck(false).Placeholder("dir:in op:text => delay 100ms..300ms").OnInput(on),
		app.P().Class(shownIf("problem", f.problem != "")).Role("alert").DataSet("testid", "faults-problem").Text(f.problem),
		app.Div().Class("line").Body(
			command("faults-arm", "").Class("tool primary").Title("Put this deck in force (Ctrl+Enter)").DataSet("testid", "faults-arm").Text("Put in force"),
			span(shownIf("soft", f.changed), "not in force yet"),
		),
	)
}

// faultPresets are switches for single rules, in force at once.
func faultPresets(f faultsView) app.UI {
	items := make([]app.UI, 0, len(model.Presets))
	for i, p := range model.Presets {
		items = append(items, toggle("faults-preset", strconv.Itoa(i), model.HasRule(f.armed, p.Rule)).Class("chip plain").Title(p.Rule).Text(p.Name))
	}
	return app.Div().Class("frame").Body(
		span("soft", "Switches, in force at once"),
		app.Div().Class("ops").Role("group").Aria("label", "Faults").DataSet("testid", "faults-presets").Body(items...),
	)
}

// heldFrames are the frames that wait for a decision.
func heldFrames(f faultsView) app.UI {
	items := make([]app.UI, 0, len(f.held))
	for i := range f.held {
		items = append(items, heldFrame(&f.held[i], i))
	}
	none := "No frame is held. A rule with => hold keeps frames here, on the server, until you decide; the others flow on."
	return app.Div().Class("sending").Body(
		span("soft", "Held frames"),
		app.P().Class(shownIf("soft", len(items) == 0)).Text(none),
		app.Ul().Class("held").DataSet("testid", "held").Body(items...),
	)
}

func heldFrame(h *model.HeldRow, i int) app.UI {
	n := strconv.Itoa(i)
	arrow, to := "↓", "to the client of "
	if h.To == act.ToServer {
		arrow, to = "↑", "to the server of "
	}
	return app.Li().DataSet("held", strconv.FormatUint(h.ID, 10)).Body(
		app.Span().Class("what").Body(
			app.Span().Class("way").Title(to+"connection "+strconv.FormatUint(uint64(h.Conn), 10)).Text(arrow+" #"+strconv.FormatUint(uint64(h.Conn), 10)),
			span("", h.Op), span("soft", model.Size(h.Size)), app.Code().Text(h.Text),
		),
		app.Span().Class("line").Body(
			command("held-forward", n).Class("tool small").Text("Forward"),
			command("held-edit", n).Class("tool small").Text("Edit…"),
			command("held-discard", n).Class("tool small").Text("Drop"),
			app.Span().Class("soft").Title("Then it is forwarded as it came").Text(left(h.Left)),
		),
	)
}

// left is how long a held frame has, for people.
func left(ms int64) string {
	return "goes in " + (time.Duration(ms) * time.Millisecond).Round(time.Second).String()
}

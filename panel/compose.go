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

// composer is the drawer at the bottom in which a message is composed and sent into a connection. Its text boxes are the page's: they
// are filled through ControlClient.SetValue and report every change.
func composer(v controller.Snapshot, on app.EventHandler) app.UI {
	c := v.Composer
	drawer := app.Section().Class(shownIf("compose", c.Open)).Aria("label", "Compose").DataSet("testid", "compose")
	if !c.Open {
		return drawer
	}
	return drawer.Body(
		app.Div().Class("bar").Body(
			app.H2().Text("Compose"),
			composeSwitch("to", c.Form.To, [][2]string{{act.ToClient, record.In.Arrow() + " to the client"}, {act.ToServer, record.Out.Arrow() + " to the server"}}),
			app.Div().Class("targets").Role("group").Aria("label", "Connection").DataSet("testid", "compose-conns").Body(composeTargets(c)...),
			command(controller.ToggleComposer{}).Class("shut").Aria("label", "Close the composer").Text("×"),
		),
		app.Div().Class("columns").Body(
			composePayload(c, on),
			composeFrame(c, on),
			composeSend(c, on),
		),
	)
}

// composeTargets are the open connections to choose from.
func composeTargets(c controller.ComposerView) []app.UI {
	var items []app.UI
	for i := range c.Targets {
		k := &c.Targets[i]
		id := strconv.FormatUint(uint64(k.ID), 10)
		items = append(items, toggle(controller.ChooseTarget{Conn: k.ID}, k.ID == c.Form.Conn).Class("chip plain").DataSet("target", id).
			Title(k.FullName()+" from "+k.Remote).Text("#"+id+" "+k.FullName()))
	}
	if c.Gone {
		items = append(items, span("gone", "connection "+strconv.FormatUint(uint64(c.Form.Conn), 10)+" has ended"))
	}
	if len(c.Targets) == 0 {
		items = append(items, span("soft", "no open connection"))
	}
	return items
}

// composeSwitch is a choice of one.
func composeSwitch(name, now string, options [][2]string) app.UI {
	items := make([]app.UI, 0, len(options))
	for _, o := range options {
		items = append(items, toggle(controller.SetComposer{Field: name, Value: o[0]}, o[0] == now).Class("option").Text(o[1]))
	}
	return app.Div().Class("switch small").Role("group").Aria("label", name).DataSet("testid", "compose-"+name).Body(items...)
}

// composePayload is where the payload is written, in one of its forms.
func composePayload(c controller.ComposerView, on app.EventHandler) app.UI {
	names := map[string]string{
		model.ComposeText: "Text", model.ComposeJSON: "JSON", model.ComposeHex: "Hex", model.ComposeFile: "File", model.ComposeClose: "Close code",
	}
	forms := make([][2]string, 0, len(model.ComposeForms))
	for _, f := range model.ComposeForms {
		forms = append(forms, [2]string{f, names[f]})
	}
	written := c.Form.Form != model.ComposeFile && c.Form.Form != model.ComposeClose
	file := "No file chosen"
	if c.Form.Name != "" {
		file = c.Form.Name + ", " + format.Bytes(uint64(len(c.Form.File)))
	}
	return app.Div().Class("payload").Body(
		composeSwitch("form", c.Form.Form, forms),
		app.Textarea().ID("compose-body").Class(shownIf("box", written)).Aria("label", "Payload").Spellcheck(false).
			Placeholder("Payload").OnInput(on),
		app.Div().Class(shownIf("line", c.Form.Form == model.ComposeFile)).Body(
			command(controller.PickPayload{}).Class("tool small").Text("Choose a file"), span("soft", file),
		),
		app.Div().Class(shownIf("line", c.Form.Form == model.ComposeClose)).Body(
			composeBox("code", "Code", "1000", on), composeBox("reason", "Reason", "up to 123 bytes", on),
		),
		app.P().Class(shownIf("problem", c.Draft.Error != "")).Role("alert").DataSet("testid", "compose-error").Text(c.Draft.Error),
	)
}

func composeBox(name, label, hint string, on app.EventHandler) app.UI {
	return app.Label().Class("labelled "+name).Body(
		span("", label),
		app.Input().ID("compose-"+name).Type("text").Class("box").Placeholder(hint).AutoComplete(false).OnInput(on),
	)
}

// composeFrame has the switches of the frame header and of the cut into frames.
func composeFrame(c controller.ComposerView, on app.EventHandler) app.UI {
	ops := make([]app.UI, 0, len(model.ComposeOps))
	for i, op := range model.ComposeOps {
		ops = append(ops, toggle(controller.SetComposer{Field: "op", Value: op}, op == c.Form.Op).Class(when("chip plain", i > 5, "rare")).Text(op))
	}
	flag := func(cmd controller.Command, text, title string, on bool) app.UI {
		return toggle(cmd, on).Class("chip plain").Title(title).Text(text)
	}
	return app.Div().Class("frame").Body(
		app.Div().Class("ops").Role("group").Aria("label", "Opcode").DataSet("testid", "compose-op").Body(ops...),
		app.Div().Class("line").Role("group").Aria("label", "Flags").DataSet("testid", "compose-flags").Body(
			flag(controller.ToggleFin{}, "FIN", "FIN bit of the last frame", !c.Form.NoFin),
			flag(controller.ToggleRsv{Bit: 4}, "RSV1", "Reserved bit 1 of the first frame", c.Form.Rsv&4 != 0),
			flag(controller.ToggleRsv{Bit: 2}, "RSV2", "Reserved bit 2 of the first frame", c.Form.Rsv&2 != 0),
			flag(controller.ToggleRsv{Bit: 1}, "RSV3", "Reserved bit 3 of the first frame", c.Form.Rsv&1 != 0),
		),
		app.Div().Class("line").Body(
			span("soft", "Mask"), composeSwitch("mask", c.Form.Mask, [][2]string{{"", "auto"}, {"on", "on"}, {"off", "off"}}),
			composeBox("key", "Key", "random", on),
		),
		app.Div().Class("line").Body(composeBox("split", "Frames", "1", on), composeBox("sizes", "or sizes", "10, 0, 200", on)),
		app.Div().Class("line").Body(
			span("soft", "If a message is in progress"),
			composeSwitch("inside", c.Form.Inside, [][2]string{{"", "refuse"}, {act.InsideWait, "wait"}, {act.InsideForce, "force"}}),
		),
	)
}

// composeSend shows what will be sent and which violations it has, and the buttons that send it.
func composeSend(c controller.ComposerView, on app.EventHandler) app.UI {
	return app.Div().Class("sending").Body(
		app.P().Class(shownIf("soft", c.Draft.Error == "")).DataSet("testid", "compose-size").Text(
			format.Plural(uint64(c.Draft.Frames), "frame")+", "+format.Plural(uint64(c.Draft.Bytes), "byte")+" on the wire"),
		app.Code().Class(shownIf("wire", c.Draft.Hex != "")).DataSet("testid", "compose-hex").Text(c.Draft.Hex),
		app.Div().Class("line").Body(
			command(controller.SendComposed{}).Class("tool primary").Disabled(!c.Ready()).Title("Send (Ctrl+Enter)").DataSet("testid", "compose-send").Text(sendWord(c)),
			composeBox("every", "every ms", "1000", on), composeBox("count", "times", "10", on),
			command(controller.RepeatComposed{}).Class(shownIf("tool small", !c.Repeating)).Disabled(!c.Ready()).Text("Repeat"),
			command(controller.StopRepeating{}).Class(shownIf("tool small", c.Repeating)).Text("Stop"),
		),
		composeProblems(c),
		app.P().Class(shownIf(when("result", c.Failed, "problem"), c.Result != "")).Role("status").DataSet("testid", "compose-result").Text(c.Result),
		app.Div().Class("line").Role("group").Aria("label", "Close the TCP connection").Body(
			span("soft", "Close TCP"),
			command(controller.EndConn{How: "fin", To: act.ToClient}).Class("tool small").Disabled(!c.Reachable()).Title("TCP FIN to the client, without a close frame").Text("FIN → client"),
			command(controller.EndConn{How: "fin", To: act.ToServer}).Class("tool small").Disabled(!c.Reachable()).Title("TCP FIN to the server, without a close frame").Text("FIN → server"),
			command(controller.EndConn{How: "rst"}).Class("tool small").Disabled(!c.Reachable()).Title("TCP reset on both sides").Text("RST"),
		),
		composeTemplates(c, on),
		composeDial(c, on),
	)
}

// sendWord says what the button does.
func sendWord(c controller.ComposerView) string {
	if c.Replaces {
		return "Replace the intercepted frame"
	}
	return "Send"
}

// composeProblems lists the violations that the message would have. Send stays off until the switch above them is on.
func composeProblems(c controller.ComposerView) app.UI {
	items := make([]app.UI, 0, len(c.Draft.Problems))
	for _, p := range c.Draft.Problems {
		items = append(items, app.Li().Body(span("what", "⚠ "+p.Name), span("section", p.Section), span("why", p.Explanation)))
	}
	return app.Div().Class(shownIf("warning", len(items) > 0)).Role("alert").DataSet("testid", "compose-problems").Body(
		toggle(controller.ToggleForce{}, c.Form.Force).Class("chip only").DataSet("testid", "compose-force").Text("Violate the protocol on purpose"),
		app.Ul().Class("violations").Body(items...),
	)
}

// composeTemplates are the saved templates.
func composeTemplates(c controller.ComposerView, on app.EventHandler) app.UI {
	items := []app.UI{
		composeBox("title", "Save as template", "name", on),
		command(controller.SaveTemplate{}).Class("tool small").Text("Save"),
	}
	for i, t := range c.Templates {
		items = append(items, app.Span().Class("kept").Body(
			command(controller.LoadTemplate{Index: i}).Class("chip plain").Title("Load this template").Text(t.Title),
			command(controller.DeleteTemplate{Index: i}).Class("cross").Aria("label", "Delete the template "+t.Title).Text("×"),
		))
	}
	return app.Div().Class("line").DataSet("testid", "compose-templates").Body(items...)
}

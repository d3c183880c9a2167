package panel

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/scope/act"
)

// composer is the drawer at the bottom in which one writes what is put into a connection. Its text boxes are the page's: they
// are filled through Actor.SetValue and tell every change.
func composer(v view, on app.EventHandler) app.UI {
	c := v.compose
	drawer := app.Section().Class(shownIf("compose", c.open)).Aria("label", "Compose").DataSet("testid", "compose")
	if !c.open {
		return drawer
	}
	return drawer.Body(
		app.Div().Class("bar").Body(
			app.H2().Text("Compose"),
			composeSwitch("to", c.form.To, [][2]string{{act.ToClient, "↓ to the client"}, {act.ToServer, "↑ to the server"}}),
			app.Div().Class("targets").Role("group").Aria("label", "Connection").DataSet("testid", "compose-conns").Body(composeTargets(c)...),
			command("compose", "").Class("shut").Aria("label", "Close the composer").Text("×"),
		),
		app.Div().Class("columns").Body(
			composePayload(c, on),
			composeFrame(c, on),
			composeSend(c, on),
		),
	)
}

// composeTargets are the open connections to choose from.
func composeTargets(c composeView) []app.UI {
	var items []app.UI
	for i := range c.targets {
		k := &c.targets[i]
		id := strconv.FormatUint(uint64(k.ID), 10)
		items = append(items, toggle("compose-set", "conn="+id, k.ID == c.form.Conn).Class("chip plain").DataSet("target", id).
			Title(k.Name+" from "+k.Remote).Text("#"+id+" "+k.Name))
	}
	if c.gone {
		items = append(items, span("gone", "connection "+strconv.FormatUint(uint64(c.form.Conn), 10)+" has ended"))
	}
	if len(c.targets) == 0 {
		items = append(items, span("soft", "no connection is open"))
	}
	return items
}

// composeSwitch is a choice of one.
func composeSwitch(name, now string, options [][2]string) app.UI {
	items := make([]app.UI, 0, len(options))
	for _, o := range options {
		items = append(items, toggle("compose-set", name+"="+o[0], o[0] == now).Class("option").Text(o[1]))
	}
	return app.Div().Class("switch small").Role("group").Aria("label", name).DataSet("testid", "compose-"+name).Body(items...)
}

// composePayload is where the payload is written, in one of its forms.
func composePayload(c composeView, on app.EventHandler) app.UI {
	names := map[string]string{
		model.ComposeText: "Text", model.ComposeJSON: "JSON", model.ComposeHex: "Hex", model.ComposeFile: "File", model.ComposeClose: "Close code",
	}
	forms := make([][2]string, 0, len(model.ComposeForms))
	for _, f := range model.ComposeForms {
		forms = append(forms, [2]string{f, names[f]})
	}
	written := c.form.Form != model.ComposeFile && c.form.Form != model.ComposeClose
	file := "No file chosen"
	if c.form.Name != "" {
		file = c.form.Name + ", " + model.Size(uint64(len(c.form.File))) + " bytes"
	}
	return app.Div().Class("payload").Body(
		composeSwitch("form", c.form.Form, forms),
		app.Textarea().ID("compose-body").Class(shownIf("box", written)).Aria("label", "Payload").Spellcheck(false).
			Placeholder("Payload").OnInput(on),
		app.Div().Class(shownIf("line", c.form.Form == model.ComposeFile)).Body(
			command("compose-file", "").Class("tool small").Text("Choose a file"), span("soft", file),
		),
		app.Div().Class(shownIf("line", c.form.Form == model.ComposeClose)).Body(
			composeBox("code", "Code", "1000", on), composeBox("reason", "Reason", "up to 123 bytes", on),
		),
		app.P().Class(shownIf("problem", c.draft.Error != "")).Role("alert").DataSet("testid", "compose-error").Text(c.draft.Error),
	)
}

func composeBox(name, label, hint string, on app.EventHandler) app.UI {
	return app.Label().Class("labelled "+name).Body(
		span("", label),
		app.Input().ID("compose-"+name).Type("text").Class("box").Placeholder(hint).AutoComplete(false).OnInput(on),
	)
}

// composeFrame has the switches of the frame header and of the cut into frames.
func composeFrame(c composeView, on app.EventHandler) app.UI {
	ops := make([]app.UI, 0, len(model.ComposeOps))
	for i, op := range model.ComposeOps {
		ops = append(ops, toggle("compose-set", "op="+op, op == c.form.Op).Class(when("chip plain", i > 5, "rare")).Text(op))
	}
	flag := func(arg, text, title string, on bool) app.UI {
		return toggle("compose-set", arg, on).Class("chip plain").Title(title).Text(text)
	}
	return app.Div().Class("frame").Body(
		app.Div().Class("ops").Role("group").Aria("label", "Opcode").DataSet("testid", "compose-op").Body(ops...),
		app.Div().Class("line").Role("group").Aria("label", "Flags").DataSet("testid", "compose-flags").Body(
			flag("fin=", "FIN", "The last frame ends the message", !c.form.NoFin),
			flag("rsv=4", "RSV1", "Reserved bit 1 of the first frame", c.form.Rsv&4 != 0),
			flag("rsv=2", "RSV2", "Reserved bit 2 of the first frame", c.form.Rsv&2 != 0),
			flag("rsv=1", "RSV3", "Reserved bit 3 of the first frame", c.form.Rsv&1 != 0),
		),
		app.Div().Class("line").Body(
			span("soft", "Mask"), composeSwitch("mask", c.form.Mask, [][2]string{{"", "auto"}, {"on", "on"}, {"off", "off"}}),
			composeBox("key", "Key", "random", on),
		),
		app.Div().Class("line").Body(composeBox("split", "Frames", "1", on), composeBox("sizes", "or sizes", "10, 0, 200", on)),
		app.Div().Class("line").Body(
			span("soft", "Inside a message"),
			composeSwitch("inside", c.form.Inside, [][2]string{{"", "refuse"}, {act.InsideWait, "wait"}, {act.InsideForce, "force"}}),
		),
	)
}

// composeSend shows what will leave, warns of what must not, and has the buttons that send.
func composeSend(c composeView, on app.EventHandler) app.UI {
	return app.Div().Class("sending").Body(
		app.P().Class(shownIf("soft", c.draft.Error == "")).DataSet("testid", "compose-size").Text(
			model.Count(uint64(c.draft.Frames))+plural(" frame", c.draft.Frames)+", "+model.Count(uint64(c.draft.Bytes))+" bytes on the wire"),
		app.Code().Class(shownIf("wire", c.draft.Hex != "")).DataSet("testid", "compose-hex").Text(c.draft.Hex),
		app.Div().Class("line").Body(
			command("compose-send", "").Class("tool primary").Disabled(!c.ready()).Title("Send (Ctrl+Enter)").DataSet("testid", "compose-send").Text(sendWord(c)),
			composeBox("every", "every ms", "1000", on), composeBox("count", "times", "10", on),
			command("compose-repeat", "").Class(shownIf("tool small", !c.repeating)).Disabled(!c.ready()).Text("Repeat"),
			command("compose-stop", "").Class(shownIf("tool small", c.repeating)).Text("Stop"),
		),
		composeProblems(c),
		app.P().Class(shownIf(when("said", c.failed, "problem"), c.said != "")).Role("status").DataSet("testid", "compose-said").Text(c.said),
		app.Div().Class("line").Role("group").Aria("label", "End the connection").Body(
			span("soft", "End"),
			command("compose-end", "fin client").Class("tool small").Disabled(!c.reachable()).Title("TCP FIN towards the client, without a close frame").Text("FIN → client"),
			command("compose-end", "fin server").Class("tool small").Disabled(!c.reachable()).Title("TCP FIN towards the server, without a close frame").Text("FIN → server"),
			command("compose-end", "rst").Class("tool small").Disabled(!c.reachable()).Title("TCP reset, both sides").Text("RST"),
		),
		composeTemplates(c, on),
		composeDial(c, on),
	)
}

// sendWord says what the button does.
func sendWord(c composeView) string {
	if c.inPlace {
		return "Send in place of the held frame"
	}
	return "Send"
}

func plural(word string, n int) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// composeProblems names every rule that would be broken. Send stays off until the switch above them is on.
func composeProblems(c composeView) app.UI {
	items := make([]app.UI, 0, len(c.draft.Problems))
	for _, p := range c.draft.Problems {
		items = append(items, app.Li().Body(span("what", "⚠ "+p.Name), span("section", p.Section), span("why", p.Explanation)))
	}
	return app.Div().Class(shownIf("warning", len(items) > 0)).Role("alert").DataSet("testid", "compose-problems").Body(
		toggle("compose-set", "force=", c.form.Force).Class("chip only").DataSet("testid", "compose-force").Text("Break the protocol on purpose"),
		app.Ul().Class("violations").Body(items...),
	)
}

// composeTemplates are the messages kept for later.
func composeTemplates(c composeView, on app.EventHandler) app.UI {
	items := []app.UI{
		composeBox("title", "Keep as", "name of a template", on),
		command("compose-save", "").Class("tool small").Text("Keep"),
	}
	for i, t := range c.templates {
		n := strconv.Itoa(i)
		items = append(items, app.Span().Class("kept").Body(
			command("compose-load", n).Class("chip plain").Title("Take this template").Text(t.Title),
			command("compose-forget", n).Class("cross").Aria("label", "Remove the template "+t.Title).Text("×"),
		))
	}
	return app.Div().Class("line").DataSet("testid", "compose-templates").Body(items...)
}

// composeDial opens connections from this page, and closes them.
func composeDial(c composeView, on app.EventHandler) app.UI {
	items := []app.UI{
		composeBox("url", "Connect to", "/ws/echo", on),
		command("compose-dial", "").Class("tool small").DataSet("testid", "compose-dial").Text("Connect"),
	}
	for _, o := range c.dialled {
		items = append(items, app.Span().Class("kept").Body(
			span("chip plain", o.url+" "+o.state),
			command("compose-hangup", strconv.Itoa(o.id)).Class("cross").Aria("label", "Close the connection to "+o.url).Text("×"),
		))
	}
	return app.Div().Class("line").DataSet("testid", "compose-dialled").Body(items...)
}

package panel

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/scope/act"
)

// targetSettings lists the targets of the server, and adds and removes them. Without a server there are none.
func targetSettings(v *controller.TargetsView, on app.EventHandler) app.UI {
	if !v.Loaded {
		return app.Section().Class("group off")
	}
	items := make([]app.UI, 0, len(v.List))
	for i := range v.List {
		items = append(items, target(&v.List[i]))
	}
	return app.Section().Class("group").DataSet("testid", "targets").Body(
		app.H3().Text("Targets"),
		app.P().Class("soft").Text("Servers behind a URL of their own on this machine: what connects to that URL reaches the server, and is shown here. "+
			"A target that is added here lasts as long as the server of this panel runs."),
		app.Ul().Class("target-list").Body(items...),
		app.Div().Class("entries").Body(
			targetBox(controller.TargetName, "Name", v.New.Name, "shop", on),
			targetBox(controller.TargetURL, "URL", v.New.URL, "wss://example.com/socket", on),
			targetBox(controller.TargetPort, "Port of the listener", v.Port, "follows from the name", on),
		),
		targetTrust(v, on),
		app.P().Class(shownIf("problem", v.Problem != "")).Role("alert").DataSet("testid", "target-problem").Text("⚠ "+v.Problem),
		app.Div().Class("line").Body(command(controller.AddTarget{}).Class("tool small").Disabled(v.New.Name == "" || v.New.URL == "").Text("Add target")),
		keepTargets(v),
	)
}

func targetBox(name controller.Setting, label, value, example string, on app.EventHandler) app.UI {
	return app.Label().Class("entry").Body(
		span("name", label),
		app.Input().Type("text").ID(string(name)).Name(string(name)).Class("line").Value(value).Placeholder(example).
			Spellcheck(false).AutoComplete(false).MaxLength(8192).OnInput(on),
	)
}

// targetTrust chooses how the certificate of the new target is verified.
func targetTrust(v *controller.TargetsView, on app.EventHandler) app.UI {
	return app.Details().Class("trust").DataSet("testid", "target-trust").Body(
		app.Summary().Text("Certificate"),
		app.Div().Class("line").Body(
			toggle(controller.ToggleTargetInsecure{}, v.New.Insecure).Class("chip plain").Title("Do not verify the certificate of this target").Text("Insecure"),
		),
		app.Textarea().ID(string(controller.TargetCA)).Name(string(controller.TargetCA)).Class("box").Aria("label", "Trust only these certificates").
			Title("Trust only these certificates").Placeholder("-----BEGIN CERTIFICATE-----").Spellcheck(false).OnInput(on),
	)
}

// target is one target: what to call, how it stands, and what helps.
func target(t *act.Target) app.UI {
	return app.Li().DataSet("target", t.Name).Body(
		app.Div().Class("line").Body(
			app.Strong().Text(t.Name), app.Code().Class("url").Title(t.URL).Text(t.URL),
			span("soft", "listening · "+format.Count(uint64(t.Open))+" open"), //nolint:gosec // a count
			command(controller.RemoveTarget{Name: t.Name}).Class("tool small").Aria("label", "Remove the target "+t.Name).
				Title("Closes its listener and ends its connections").Text("Remove"),
		),
		app.Div().Class("line").Body(
			app.Code().Class("url").Title("Also "+t.Address).Text(t.Listener),
			command(controller.CopyText{Text: t.Listener}).Class("link").Aria("label", "Copy the URL of "+t.Name).Text("copy"),
			span(shownIf("soft", t.Added), "this run only"), span(shownIf("soft", t.Port != 0), "port chosen"),
			span(shownIf("soft", t.CA), "own certificates"), span(shownIf("alarm", t.Insecure), "certificate not verified"),
		),
		app.P().Class(shownIf("problem", t.Problem != "")).Text("⚠ "+format.Preview([]byte(t.Problem), 600)),
	)
}

// keepTargets has what is written elsewhere for the targets to be there at every start.
func keepTargets(v *controller.TargetsView) app.UI {
	flags := ""
	for i := range v.List {
		flags += v.List[i].Flags + "\n"
	}
	return app.Details().Class(shownIf("keep", v.TOML != "")).DataSet("testid", "targets-keep").Body(
		app.Summary().Text("To have these at every start"),
		app.P().Class("soft").Text("In tetherscope.toml, in the folder in which the server starts; ports and certificates are set by flags only:"),
		app.Pre().Class("box").TabIndex(0).Aria("label", "Lines for tetherscope.toml").Role("region").Text(v.TOML),
		command(controller.CopyText{Text: v.TOML}).Class("link").Text("copy the lines"),
		app.P().Class("soft").Text("Or on the command line:"),
		app.Pre().Class("box").TabIndex(0).Aria("label", "Flags").Role("region").Text(flags),
	)
}

package panel

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// composeDial opens connections, with what their handshakes shall have, and closes them.
func composeDial(c controller.ComposerView, on app.EventHandler) app.UI {
	items := []app.UI{
		composeBox("url", "Connect to", "/ws/echo or wss://…", on),
		command(controller.DialConn{}).Class("tool small").DataSet("testid", "compose-dial").Text("Connect"),
	}
	for _, o := range c.Dialled {
		items = append(items, app.Span().Class("kept").Body(
			span("chip plain", o.URL+" "+o.State),
			command(controller.CloseDialled{ID: o.ID}).Class("cross").Aria("label", "Close the connection to "+o.URL).Text("×"),
		))
	}
	return app.Div().Class("dial").DataSet("testid", "compose-dialled").Body(
		app.Div().Class("line").Body(items...),
		app.Details().DataSet("testid", "compose-handshake").Body(
			app.Summary().Text("Handshake, certificate, remembered"),
			app.Div().Class("line").Body(
				composeBox("protocols", "Subprotocols", "a, b", on),
				toggle(controller.ToggleInsecure{}, c.To.Insecure).Class("chip plain").Title("Do not verify the certificate of this server").Text("Insecure"),
				command(controller.SaveDial{}).Class("tool small").Title("Keep URL, subprotocols, fields and certificates in this browser").Text("Remember"),
			),
			dialText("header", "Header fields of the handshake, one on each line", "Authorization: Bearer …\nOrigin: https://app.example", on),
			dialText("ca", "Trust only these certificates", "-----BEGIN CERTIFICATE-----", on),
			app.Div().Class("line").DataSet("testid", "compose-dials").Body(rememberedDials(c)...),
		),
	)
}

func dialText(name, label, hint string, on app.EventHandler) app.UI {
	return app.Textarea().ID("compose-"+name).Class("box").Aria("label", label).Title(label).Placeholder(hint).Spellcheck(false).OnInput(on)
}

func rememberedDials(c controller.ComposerView) (items []app.UI) {
	for i, d := range c.Dials {
		name := format.Preview([]byte(d.URL), 200)
		items = append(items, app.Span().Class("kept").Body(
			command(controller.LoadDial{Index: i}).Class("chip plain").Title("Fill the boxes with this connection").Text(name),
			command(controller.DeleteDial{Index: i}).Class("cross").Aria("label", "Forget the connection to "+name).Text("×"),
		))
	}
	return items
}

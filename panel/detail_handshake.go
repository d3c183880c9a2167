package panel

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/model"
)

// handshakeTab shows what both sides said, whether the server proved that it understood, and what was agreed.
func handshakeTab(h *model.HandshakeDetail) app.UI {
	if h.Page {
		return app.P().Class("soft").Text("A page does not see the handshake of its sockets, and so none is shown.")
	}
	if h.Missing {
		return app.P().Class("soft").Text("The handshake was not captured: it was before what this panel has seen.")
	}
	return app.Div().Class("handshake").Body(
		problemList(h.Problems),
		acceptCheck(h),
		agreed(h),
		legs(h.Legs),
		head("Request", h.RequestLine, h.Request, "out"),
		head("Response", h.ResponseLine, h.Response, "in"),
	)
}

func problemList(list []string) app.UI {
	items := make([]app.UI, 0, len(list))
	for _, p := range list {
		items = append(items, app.Li().Text("⚠ "+p))
	}
	return app.Ul().Class(shownIf("violations", len(list) > 0)).Body(items...)
}

// acceptCheck shows how the accept value follows from the key (RFC 6455 §4.2.2).
func acceptCheck(h *model.HandshakeDetail) app.UI {
	verdict, look := "✓ the server's answer fits the key", "check good"
	switch {
	case h.ResponseLine == "":
		verdict, look = "no response yet", "check"
	case !h.Upgraded:
		verdict, look = "refused: no answer to the key is due", "check"
	case !h.AcceptOK:
		verdict, look = "✗ the server's answer does not fit the key", "check bad"
	}
	return app.Section().Class(look).DataSet("testid", "accept").Body(
		app.H3().Text("Key and accept"),
		app.Dl().Class("facts").Body(
			app.Dt().Text("Key"), app.Dd().Body(span("value", h.Key), span("note", "sent by the client")),
			app.Dt().Text("Expected"), app.Dd().Body(span("value", h.Expected), span("note", "base64(SHA-1(key + GUID))")),
			app.Dt().Text("Accept"), app.Dd().Body(span("value", h.Accept), span("note", "sent by the server")),
		),
		app.P().Class("verdict").Text(verdict),
	)
}

func agreed(h *model.HandshakeDetail) app.UI {
	facts := []model.Fact{{Name: "Subprotocol", Value: orNone(h.Subprotocol), Note: offered(h.Offered)}}
	if len(h.Extensions) == 0 {
		facts = append(facts, model.Fact{Name: "Extensions", Value: "none"})
	}
	return app.Section().Class(shownIf("agreed", h.Upgraded)).Body(
		app.H3().Text("Agreed"),
		factList(append(facts, h.Extensions...)),
	)
}

// legs shows how long each step of the opening took, on both legs where there are two.
func legs(facts []model.Fact) app.UI {
	return app.Section().Class(shownIf("legs", len(facts) > 0)).DataSet("testid", "legs").Body(app.H3().Text("Timing"), factList(facts))
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func offered(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return "of " + strings.Join(list, ", ")
}

func head(title, line string, fields []model.Fact, way string) app.UI {
	rows := make([]app.UI, 0, len(fields))
	for _, f := range fields {
		rows = append(rows, app.Tr().Title(f.Note).Body(
			app.Th().Class("name").Text(f.Name), app.Td().Class("value").Text(f.Value),
		))
	}
	return app.Section().Class(shownIf("head "+way, line != "")).Body(
		app.H3().Text(title),
		app.P().Class("line").Text(line),
		app.Table().Class("headers").Body(app.TBody().Body(rows...)),
	)
}

// closeTab explains how the connection ended.
func closeTab(c *model.CloseDetail) app.UI {
	if c.Open {
		return app.P().Class("soft").Text("The connection is open.")
	}
	return app.Div().Class("closing").DataSet("testid", "close").Body(
		app.Div().Class(shownIf("code", c.Code != "")).Body(span("number", c.Code), span("name", c.Name)),
		app.P().Class(shownIf("why", c.Explanation != "")).Text(c.Explanation),
		app.P().Class(shownIf("reason", c.Reason != "")).Body(span("soft", "Reason: "), span("value", c.Reason)),
		factList(c.Facts),
	)
}

package panel

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/model"
)

// handshakeTab shows the request and the response, whether the accept value is valid, and what was negotiated.
func handshakeTab(h *model.HandshakeDetail) app.UI {
	if h.Page {
		return app.P().Class("soft").Text("Not available: a page cannot read the handshake of its WebSockets.")
	}
	if h.Missing {
		return app.P().Class("soft").Text("Not captured: the connection was opened before the capture started.")
	}
	return app.Div().Class("handshake").Body(
		problemList(h.Problems),
		acceptCheck(h),
		negotiated(h),
		timing(h.Legs),
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
	result, look := "✓ Sec-WebSocket-Accept is valid", "check good"
	switch {
	case h.ResponseLine == "":
		result, look = "No response yet", "check"
	case !h.Upgraded:
		result, look = "Refused"+httpStatus(h.ResponseLine), "check"
	case !h.AcceptOK:
		result, look = "✗ Sec-WebSocket-Accept does not match the key", "check bad"
	}
	return app.Section().Class(look).DataSet("testid", "accept").Body(
		app.H3().Text("Key and accept"),
		app.Dl().Class("facts").Body(
			app.Dt().Text("Key"), app.Dd().Body(span("value", h.Key), span("note", "sent by the client")),
			app.Dt().Text("Expected"), app.Dd().Body(span("value", h.Expected), span("note", "base64(SHA-1(key + GUID))")),
			app.Dt().Text("Accept"), app.Dd().Body(span("value", h.Accept), span("note", "sent by the server")),
		),
		app.P().Class("result").Text(result),
	)
}

// httpStatus returns the status of a response line in brackets, "" for none.
func httpStatus(line string) string {
	parts := strings.Fields(line)
	if len(parts) < 2 {
		return ""
	}
	return " (HTTP " + parts[1] + ")"
}

func negotiated(h *model.HandshakeDetail) app.UI {
	facts := []model.Fact{{Name: "Subprotocol", Value: orNone(h.Subprotocol), Note: offered(h.Offered)}}
	if len(h.Extensions) == 0 {
		facts = append(facts, model.Fact{Name: "Extensions", Value: "none"})
	}
	return app.Section().Class(shownIf("negotiated", h.Upgraded)).Body(
		app.H3().Text("Negotiated"),
		factList(append(facts, h.Extensions...)),
	)
}

// timing shows the duration of each step of the handshake, on both sides of a proxy.
func timing(facts []model.Fact) app.UI {
	return app.Section().Class(shownIf("timing", len(facts) > 0)).DataSet("testid", "timing").Body(app.H3().Text("Timing"), factList(facts))
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

func head(title, line string, fields []model.Fact, dir string) app.UI {
	rows := make([]app.UI, 0, len(fields))
	for _, f := range fields {
		rows = append(rows, app.Tr().Title(f.Note).Body(
			app.Th().Class("name").Text(f.Name), app.Td().Class("value").Text(f.Value),
		))
	}
	return app.Section().Class(shownIf("head "+dir, line != "")).Body(
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

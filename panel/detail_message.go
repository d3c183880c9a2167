package panel

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/render"
)

// messageTab shows what the application got.
func messageTab(m *model.MessageDetail) app.UI {
	return app.Div().Class("message").Body(
		factList(m.Facts),
		shapes(m),
		app.P().Class(shownIf("problem", m.JSONError != "")).Text(m.JSONError),
		app.Div().Class("payload").Body(payload(m)),
		pager(m.Page),
		cutNote(m.Cut),
		fragments(m),
	)
}

func shapes(m *model.MessageDetail) app.UI {
	items := []app.UI{}
	for s := model.ShapeText; s <= model.ShapeHex; s++ {
		items = append(items, toggle(controller.Update{Msg: model.SetShape{Shape: s}}, s == m.Shape).Class("option").Text(s.String()))
	}
	return app.Div().Class("switch small").Role("group").Aria("label", "Show as").Body(items...)
}

func payload(m *model.MessageDetail) app.UI {
	switch m.Shape {
	case model.ShapeJSON:
		return jsonTree(m.JSON)
	case model.ShapeHex:
		return hexDump(m.Hex, nil)
	case model.ShapeText, model.ShapeAuto:
	}
	if m.Text == "" {
		return app.P().Class("soft").Text("The payload is empty.")
	}
	return app.Pre().Class("text").DataSet("testid", "text").Text(m.Text)
}

// jsonTree is a flat list of lines; depth is a class, so that no style attribute is needed.
func jsonTree(lines []render.JSONLine) app.UI {
	items := make([]app.UI, 0, len(lines))
	for i := range lines {
		items = append(items, jsonLine(&lines[i]))
	}
	return app.Div().Class("json").DataSet("testid", "json").Body(items...)
}

func jsonLine(l *render.JSONLine) app.UI {
	sign := ""
	if l.Foldable {
		sign = "▾"
	}
	if l.Folded {
		sign = "▸"
	}
	line := app.Div().Class("line deep" + strconv.Itoa(min(l.Depth, 16)))
	if l.Foldable {
		line = clickable(line, controller.Update{Msg: model.Fold{Offset: l.Offset}})
	}
	key := l.Key
	if key != "" {
		key += ": "
	}
	return line.Body(span("sign", sign), span("key", key), span("val "+l.Kind, l.Value))
}

func fragments(m *model.MessageDetail) app.UI {
	items := make([]app.UI, 0, len(m.Fragments))
	for _, f := range m.Fragments {
		look, hint := "link", "Go to this frame"
		if f.Here {
			look, hint = "link here", "This frame"
		}
		text := f.Label
		if f.Whole {
			text += " · whole message"
		}
		items = append(items, command(controller.Update{Msg: model.Select{ID: f.ID}}).Class(look).Title(hint).Text(text))
	}
	if m.Hidden > 0 {
		items = append(items, span("soft", strconv.Itoa(m.Hidden)+" more not listed or discarded"))
	}
	return app.Div().Class(shownIf("fragments", len(items) > 0)).DataSet("testid", "fragments").Body(
		app.H3().Text("Frames of this message"),
		app.Div().Class("list").Body(items...),
	)
}

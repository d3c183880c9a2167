package panel

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/render"
)

// frameTab shows the frame as RFC 6455 §5.2 draws it, its fields in words and its bytes. Fields and bytes that belong
// together are highlighted together: static/panel/detail.css does it by their data-field and data-byte.
func frameTab(f *model.FrameDetail) app.UI {
	if f.NotAFrame {
		return app.P().Class("soft").Text("This row is a connection event, not a frame.")
	}
	if f.Page {
		return app.Div().Class("anatomy").Body(
			app.P().Class("soft").Text("A page sees messages, not frames: fields that it cannot know are not shown."),
			factList(f.Facts),
		)
	}
	return app.Div().Class("anatomy").Body(
		bitDiagram(f),
		fieldTable(f.Fields),
		app.H3().Text(wireTitle(f)),
		hexDump(f.Wire, nil),
		app.Div().Class(shownIf("plain", f.Plain != nil)).Body(
			app.H3().Text("Payload unmasked"),
			hexDump(f.Plain, nil),
		),
		cutNote(f.Cut),
		factList(f.Facts),
	)
}

func wireTitle(f *model.FrameDetail) string {
	if f.Plain != nil {
		return "On the wire, masked"
	}
	return "On the wire"
}

// bitDiagram lays the fields out on lines of 32 bits.
func bitDiagram(f *model.FrameDetail) app.UI {
	items := make([]app.UI, 0, 32+len(f.Cells))
	for i := range 32 {
		items = append(items, app.Span().Class("ruler").Text(i%10))
	}
	for _, c := range f.Cells {
		items = append(items, bitCell(&f.Fields[c.Field], c))
	}
	return app.Div().Class("bits").Role("img").Aria("label", "Bit diagram of the frame header, RFC 6455 section 5.2").
		DataSet("testid", "bits").Body(items...)
}

func bitCell(f *model.Field, c model.Cell) app.UI {
	label, value := f.Label, f.Bits
	if value == "" {
		value = f.Value
	}
	if !c.First {
		label, value = f.Label+", continued", ""
	}
	look := when("bit at"+strconv.Itoa(c.Col)+" span"+strconv.Itoa(c.Span)+" "+f.Key, f.Wrong, "wrong")
	return app.Div().Class(look).DataSet("field", f.Key).Title(f.Label+" = "+f.Value+": "+f.Note).Body(
		span("label", label), span("value", value),
	)
}

func fieldTable(fields []model.Field) app.UI {
	rows := make([]app.UI, 0, len(fields))
	for _, f := range fields {
		rows = append(rows, app.Tr().Class(when("field", f.Wrong, "wrong")).DataSet("field", f.Key).TabIndex(0).Body(
			app.Th().Text(f.Label), app.Td().Class("value").Text(f.Value), app.Td().Class("note").Text(f.Note),
		))
	}
	return app.Table().Class("fields").Body(app.TBody().Body(rows...))
}

// hexDump shows lines of bytes, with the field of each run of them. A click on a byte performs a command, if there is one:
// that of the byte's offset, which static/panel/link.js puts in the place of the line's.
func hexDump(lines []render.HexLine, do func(offset int) controller.Command) app.UI {
	items := make([]app.UI, 0, len(lines))
	for _, l := range lines {
		items = append(items, hexLine(&l, do))
	}
	return app.Div().Class("hex").TabIndex(0).Role("group").Aria("label", "Bytes in hexadecimal").DataSet("testid", "hex").Body(items...)
}

func hexLine(l *render.HexLine, do func(offset int) controller.Command) app.UI {
	row := app.Div().Class("row").DataSet("at", l.At)
	if do != nil {
		row = clickable(row, do(l.At))
	}
	bytes, chars := hexRuns(l.Runs)
	cells := []app.UI{span("offset", l.Offset), app.Span().Class("bytes").Body(bytes...)}
	if l.Twin != nil {
		bytes, chars = hexRuns(l.Twin)
		cells = append(cells, app.Span().Class("bytes plain").Body(bytes...))
	}
	return row.Body(append(cells, app.Span().Class("chars").Body(chars...))...)
}

func hexRuns(runs []render.HexRun) (bytes, chars []app.UI) {
	for _, r := range runs {
		bytes = append(bytes, app.Span().Class("run").DataSet("byte", r.Fields).Text(r.Hex))
		chars = append(chars, app.Span().Class("run").DataSet("byte", r.Fields).Text(r.Text))
	}
	return bytes, chars
}

// hexTab shows all captured bytes of the frame.
func hexTab(h *model.HexDetail) app.UI {
	option := func(as model.BytesAs, text string) app.UI {
		return toggle(controller.Update{Msg: model.SetBytes{As: as}}, as == h.As).Class("option").Text(text)
	}
	twin := h.CanMask && h.As == model.BytesTwin
	return app.Div().Class("dump").Body(
		app.Div().Class(shownIf("switch small", h.CanMask)).Role("group").Aria("label", "Payload bytes").Body(
			option(model.BytesTwin, "Side by side"), option(model.BytesPlain, "Unmasked"), option(model.BytesMasked, "As on the wire"),
		),
		pager(h.Page),
		app.Div().Class(shownIf("hex heads", twin)).Aria("hidden", "true").Body(app.Div().Class("row").Body(
			span("offset", ""), span("bytes", "masked, as on the wire"), span("bytes plain", "unmasked"), span("chars", "text"),
		)),
		app.Div().Class(when("twins", twin, "twin")).Body(hexDump(h.Lines, nil)),
		cutNote(h.Cut),
	)
}

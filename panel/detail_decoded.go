package panel

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/internal/capture/decode"
	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/render"
)

// decodedTab shows what a decoder makes of a message. A guess is shown as a guess, and can be changed.
func decodedTab(d *model.DecodedDetail, v controller.Snapshot) app.UI {
	return app.Div().Class("decoded").Body(
		app.Div().Class(shownIf("which", len(d.Options) > 0)).Body(
			span("name", d.Decoder),
			span(when(when("sure", d.Chosen != "", "chosen"), d.Sure == decode.Sure.String(), "certain"), d.Sure),
			app.Details().Class("others").Body(
				app.Summary().Text("change decoder"),
				app.Div().Class("options").Body(decoderOptions(d)...),
			),
		),
		app.P().Class(shownIf("summary", d.Summary != "")).Text(d.Summary),
		app.P().Class(shownIf("soft", d.Nothing != "")).Text(d.Nothing),
		app.P().Class(shownIf("problem", d.Error != "")).Text("⚠ "+d.Error),
		drawn(d.Picture, v.Picture),
		typeChoice(d.Schema),
		decodedLines(d.Lines),
		pager(d.Page),
		cutNote(d.Left),
		decodedBytes(d),
	)
}

// drawn is the picture that a message is. What a page may draw is bounded, and never markup: an address of bytes in this
// page, with a type that the signature fits.
func drawn(p *model.PictureDetail, url string) app.UI {
	if p == nil {
		return app.Div().Class("drawn off")
	}
	size := strconv.Itoa(p.Width) + " × " + strconv.Itoa(p.Height)
	if p.Refused != "" || url == "" {
		return app.Div().Class("drawn").DataSet("testid", "picture").Body(app.P().Class("soft").Text(p.Refused))
	}
	return app.Div().Class("drawn").DataSet("testid", "picture").Body(
		app.Img().Class("picture").Src(url).Alt("The message as an image, " + size + " pixels"),
	)
}

// typeChoice says which message of the descriptor set the payload is, or asks for a set.
func typeChoice(s *model.SchemaDetail) app.UI {
	if s == nil {
		return app.Div().Class("schema off")
	}
	return app.Div().Class("schema").DataSet("drop", "schema").DataSet("testid", "schema").Body(schemaControls(s, s.Dir)...)
}

// decodedBytes are the bytes that the lines stand for: a line and its bytes lead to each other (static/panel/link.js).
func decodedBytes(d *model.DecodedDetail) app.UI {
	return app.Section().Class(shownIf("bytes", len(d.Lines) > 0 && len(d.Bytes) > 0)).Body(
		app.H3().Text("Payload bytes"),
		app.Div().Class("linked").DataSet("testid", "linked").Body(hexDump(d.Bytes, func(offset int) controller.Command { return controller.Update{Msg: model.HighlightAt{Offset: offset}} })),
		bytePager(d.BytePage),
	)
}

func bytePager(p render.ResultPage) app.UI {
	to := func(page int, text, label string) app.UI {
		return command(controller.Update{Msg: model.SetBytePage{Page: page}}).Class("tool small").Aria("label", label).
			Disabled(page < 0 || page >= p.Count).Text(text)
	}
	return app.Div().Class(shownIf("pager", p.Count > 1)).Body(
		to(p.Index-1, "‹", "Previous bytes"),
		span("", "bytes, page "+strconv.Itoa(p.Index+1)+" of "+strconv.Itoa(p.Count)),
		to(p.Index+1, "›", "Next bytes"),
	)
}

func decoderOptions(d *model.DecodedDetail) []app.UI {
	items := []app.UI{toggle(controller.Update{Msg: model.SetDecoder{}}, d.Chosen == "").Class("option").Text("auto-detect")}
	for _, name := range d.Options {
		items = append(items, toggle(controller.Update{Msg: model.SetDecoder{Name: name}}, name == d.Chosen).Class("option").Text(name))
	}
	return items
}

// decodedLines is a list of which one line may be chosen: by a click, by the arrow keys, or by a click on its bytes.
func decodedLines(lines []model.DecodedLine) app.UI {
	list := app.Div().Class(shownIf("json", len(lines) > 0)).DataSet("testid", "decoded").
		Role("listbox").Aria("label", "Decoded message").TabIndex(0)
	items := make([]app.UI, 0, len(lines))
	for _, l := range lines {
		key := l.Key
		if key != "" {
			key += ": "
		}
		n := strconv.Itoa(l.Number)
		line := clickable(app.Div(), controller.Update{Msg: model.Highlight{Line: l.Number}}).
			Class(when("line deep"+strconv.Itoa(min(l.Depth, 16)), l.Highlight, "highlight")).ID("line"+n).Role("option").
			Aria("selected", strconv.FormatBool(l.Highlight))
		if l.From >= 0 {
			line = line.Title(byteRange(l.From, l.To)).DataSet("from", l.From).DataSet("to", l.To)
		}
		if l.Highlight {
			list = list.Aria("activedescendant", "line"+n)
		}
		items = append(items, line.Body(span("key", key), span("val "+l.Type.String(), decodedValue(l.Line))))
	}
	return list.Body(items...)
}

// decodedValue returns the value of a line, a text in quotes: "1" is another value than 1.
func decodedValue(l decode.Line) string {
	if l.Type == decode.String {
		return `"` + l.Value + `"`
	}
	return l.Value
}

func byteRange(from, to int) string {
	if to-from == 1 {
		return "byte " + strconv.Itoa(from)
	}
	return "bytes " + strconv.Itoa(from) + " to " + strconv.Itoa(to-1)
}

// pairCommand leads to the request or the answer.
func pairCommand(p *model.PairLink) app.UI {
	if p == nil {
		return command(controller.Update{Msg: model.GoPair{}}).Class("link off")
	}
	return command(controller.Update{Msg: model.GoPair{}}).Class("link").Title("Go to it (p)").Text(p.Label)
}

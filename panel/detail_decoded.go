package panel

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/decode"
)

// decodedTab shows what a decoder makes of a message. A guess is shown as a guess, and can be switched.
func decodedTab(d *model.DecodedDetail) app.UI {
	return app.Div().Class("decoded").Body(
		app.Div().Class(shownIf("which", len(d.Options) > 0)).Body(
			span("name", d.Decoder),
			span(when("sure", d.Chosen != "", "chosen"), d.Sure),
			app.Details().Class("others").Body(
				app.Summary().Text("switch"),
				app.Div().Class("options").Body(decoderOptions(d)...),
			),
		),
		app.P().Class(shownIf("summary", d.Summary != "")).Text(d.Summary),
		app.P().Class(shownIf("soft", d.Nothing != "")).Text(d.Nothing),
		app.P().Class(shownIf("problem", d.Error != "")).Text("⚠ "+d.Error),
		app.Div().Class(shownIf("json", len(d.Lines) > 0)).DataSet("testid", "decoded").Body(decodedLines(d.Lines)...),
		pager(d.Pager),
		cutNote(d.Left),
	)
}

func decoderOptions(d *model.DecodedDetail) []app.UI {
	items := []app.UI{toggle("decoder", "", d.Chosen == "").Class("option").Text("guess")}
	for _, name := range d.Options {
		items = append(items, toggle("decoder", name, name == d.Chosen).Class("option").Text(name))
	}
	return items
}

func decodedLines(lines []decode.Line) []app.UI {
	items := make([]app.UI, 0, len(lines))
	for _, l := range lines {
		key := l.Key
		if key != "" {
			key += ": "
		}
		line := app.Div().Class("line deep" + strconv.Itoa(min(l.Depth, 16)))
		if l.From >= 0 {
			line = line.Title("bytes " + strconv.Itoa(l.From) + " to " + strconv.Itoa(l.To))
		}
		items = append(items, line.Body(span("key", key), span("val "+l.Type.String(), l.Value)))
	}
	return items
}

// pairCommand leads to the request or the answer.
func pairCommand(p *model.PairLink) app.UI {
	if p == nil {
		return command("pair", "").Class("link off")
	}
	return command("pair", "").Class("link").Title("Go to it (p)").Text(p.Label)
}

package panel

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// diffTab compares the message with the marked one. Signs say what colour says too.
func diffTab(d *model.DiffDetail) app.UI {
	sign := [...]string{model.DiffChanged: "≠", model.DiffAdded: "+", model.DiffRemoved: "−"}
	rows := make([]app.UI, 0, len(d.Lines))
	for _, l := range d.Lines {
		rows = append(rows, app.Tr().Class(l.Sign.String()).Body(
			app.Td().Class("sign").Title(l.Sign.String()).Text(sign[l.Sign]),
			app.Th().Text(l.Path),
			app.Td().Class("old").Text(l.Old),
			app.Td().Class("new").Text(l.New),
		))
	}
	text := format.Count(uint64(len(d.Lines)+d.Hidden)) + " different, " + format.Count(uint64(d.Same)) + " equal; compared with the marked " + d.Against
	if d.Nothing != "" {
		text = d.Nothing
	}
	return app.Div().Class("compare").Body(
		app.P().Class("soft").Text(text),
		app.Table().Class(shownIf("difference", len(rows) > 0)).DataSet("testid", "diff").Body(app.TBody().Body(rows...)),
		app.P().Class(shownIf("cut", d.Hidden > 0)).Text(format.Count(uint64(d.Hidden))+" more not listed"),
	)
}

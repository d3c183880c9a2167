package panel

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
)

// rowMenu is what a person can do with the selected rows. static/panel/grid.js puts it where the pointer is.
func rowMenu(v controller.Snapshot) app.UI {
	d := v.Detail
	item := func(cmd controller.Command, text, key string, on bool) app.UI {
		return command(cmd).Class(shownIf("item", on)).Role("menuitem").TabIndex(-1).Body(span("", text), kbd(key))
	}
	mark := "Mark"
	if d.Marked {
		mark = "Remove the mark"
	}
	one := v.Status.Chosen == 0
	return app.Div().Class("pop rowpop").ID("rowmenu").Body(
		app.Div().Class(shownIf("menu", v.Menu == controller.RowMenu)).Role("menu").Aria("label", "Selected rows").DataSet("testid", "rowmenu").Body(
			item(controller.Copy{Form: model.FormPlain}, "Copy", "c", true),
			item(controller.Copy{Form: model.FormJSON}, "Copy as JSON", "", true),
			item(controller.CopyLink{}, "Copy a link", "", one && v.Mode != controller.ModeShared),
			item(controller.ToggleMark{}, mark, "m", true),
			item(controller.Update{Msg: model.OnlySimilar{}}, "Show only similar", "o", one),
			item(controller.Update{Msg: model.HideSimilar{}}, "Hide similar", "h", one),
			item(controller.ChooseConn{ID: d.Conn}, "Show only this connection", "", one && d.Conn != 0),
			item(controller.Update{Msg: model.GoPair{}}, "Go to its pair", "p", one && d.Pair != nil),
			item(controller.TimesHere{}, "Times relative to this row", "T", one),
			item(controller.EditSelected{}, "Edit in the composer", "e", one && v.Composer.Available),
			item(controller.Update{Msg: model.Export{}}, "Export as JSON lines", "S", true),
			item(controller.Save{Format: "csv"}, "Save as .csv", "", true),
		),
	)
}

package panel

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/render"
)

// detailPane shows what is selected. It opens with a selection; closing it selects nothing.
func detailPane(v controller.Snapshot, onNote app.EventHandler) app.UI {
	d := v.Detail
	return app.Aside().Class("detail").ID("detail").TabIndex(-1).Aria("label", "Detail").DataSet("testid", "detail").Body(
		app.Div().Class(shownIf("about", !d.None)).Body(
			app.Div().Class("title").Body(
				app.H2().Text(d.Title),
				span(shownIf("acted", d.Marks != ""), d.Marks),
				span(shownIf("gone", d.Gone), "discarded (memory limit); this is a copy"),
				toggle(controller.ToggleMark{}, d.Marked).Class(when("shut star", d.Marked, "on")).Title("Mark this row (m)").Aria("label", "Mark this row").Text("★"),
				copyMenu(v.Menu == controller.CopyMenu),
				command(controller.CloseDetail{}).Class("shut").Aria("label", "Close the detail").Text("×"),
			),
			app.P().Class("sub").Text(d.Sub),
			app.Div().Class(shownIf("line", d.Seq > 0)).Body(
				app.Input().ID("note").Type("text").Class("jotting").Placeholder("Note (w)").Aria("label", "Note on this row").
					MaxLength(200).OnChange(onNote),
				pairCommand(d.Pair),
				command(controller.Update{Msg: model.OnlySimilar{}}).Class("link").Title("Show only similar rows (o)").Text("only similar"),
				command(controller.Update{Msg: model.HideSimilar{}}).Class("link").Title("Hide similar rows (h)").Text("hide similar"),
			),
			violationList(d.Violations),
		),
		tabs(d),
		app.Div().Class(shownIf("body", !d.None)).Role("tabpanel").DataSet("testid", "tab-"+d.Tab.String()).Body(tabBody(v)),
	)
}

// copyMenu copies with one click, or lets one choose what as.
func copyMenu(open bool) app.UI {
	items := make([]app.UI, 0, model.NumForms+1)
	for f := range model.NumForms {
		items = append(items, command(controller.Copy{Form: f}).Class("item").Role("menuitem").Text(f.String()))
	}
	items = append(items, command(controller.CopyLink{}).Class("item").Role("menuitem").Text("Link to this row"))
	return app.Div().Class("pop").Body(
		command(controller.Copy{Form: model.FormPlain}).Class("tool small left").Title("Copy the content (c)").Text("Copy"),
		command(controller.ToggleMenu{Menu: controller.CopyMenu}).Class("tool small right").Aria("label", "Copy as").Aria("haspopup", "menu").
			Aria("expanded", strconv.FormatBool(open)).Title("Copy as … (C)").Text("▾"),
		app.Div().Class(shownIf("menu", open)).Role("menu").Aria("label", "Copy as").Body(items...),
	)
}

func violationList(list []frame.Violation) app.UI {
	items := make([]app.UI, 0, len(list))
	for _, v := range list {
		items = append(items, app.Li().Body(
			span("what", "⚠ "+v.Name),
			span("section", v.Section),
			span("why", v.Explanation),
		))
	}
	return app.Ul().Class(shownIf("violations", len(list) > 0)).Body(items...)
}

func tabs(d model.Detail) app.UI {
	items := make([]app.UI, 0, model.NumTabs)
	for t := range model.NumTabs {
		items = append(items, command(controller.Update{Msg: model.SetTab{Tab: t}}).Class("tab").Role("tab").
			Aria("selected", strconv.FormatBool(t == d.Tab)).Title(t.String()+" ("+strconv.Itoa(int(t)+1)+")").Text(t.String()))
	}
	return app.Div().Class(shownIf("tabs", !d.None)).Role("tablist").Body(items...)
}

func tabBody(v controller.Snapshot) app.UI {
	d := &v.Detail
	switch {
	case d.Message != nil:
		return messageTab(d.Message)
	case d.Frame != nil:
		return frameTab(d.Frame)
	case d.Hex != nil:
		return hexTab(d.Hex)
	case d.Handshake != nil:
		return handshakeTab(d.Handshake)
	case d.Close != nil:
		return closeTab(d.Close)
	case d.Decoded != nil:
		return decodedTab(d.Decoded, v)
	case d.Diff != nil:
		return diffTab(d.Diff)
	}
	return app.Div()
}

// pager turns the pages of something long.
func pager(p render.ResultPage) app.UI {
	to := func(page int, text, label string) app.UI {
		return command(controller.Update{Msg: model.SetPage{Page: page}}).Class("tool small").Aria("label", label).
			Disabled(page < 0 || page >= p.Count).Text(text)
	}
	return app.Div().Class(shownIf("pager", p.Count > 1)).Body(
		to(p.Index-1, "‹", "Previous page"),
		span("", "page "+strconv.Itoa(p.Index+1)+" of "+strconv.Itoa(p.Count)),
		to(p.Index+1, "›", "Next page"),
	)
}

func cutNote(text string) app.UI { return app.P().Class(shownIf("cut", text != "")).Text(text) }

package panel

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model"
)

// detailPane shows what is selected, or what there is to know while nothing is.
func detailPane(v view, onNote app.EventHandler) app.UI {
	d := v.detail
	return app.Aside().Class("detail").ID("detail").TabIndex(-1).Aria("label", "Detail").DataSet("testid", "detail").Body(
		app.Div().Class(shownIf("teach", d.None)).Body(
			app.H2().Text("Nothing selected"),
			app.P().Class("soft").Text("Click a row, or move with the arrow keys."),
			shortcutList(5),
			app.H3().Text("In the grid"),
			legendList(),
		),
		app.Div().Class(shownIf("about", !d.None)).Body(
			app.Div().Class("title").Body(
				app.H2().Text(d.Title),
				span(shownIf("acted", d.Marks != ""), d.Marks),
				span(shownIf("gone", d.Gone), "evicted; this is a copy"),
				toggle("mark", "", d.Marked).Class(when("shut star", d.Marked, "on")).Title("Mark this row (m)").Aria("label", "Mark this row").Text("★"),
				copyMenu(v.menu == "copy"),
				command("unselect", "").Class("shut").Aria("label", "Close the detail").Text("×"),
			),
			app.P().Class("sub").Text(d.Sub),
			app.Div().Class(shownIf("line", d.Seq > 0)).Body(
				app.Input().ID("note").Type("text").Class("jotting").Placeholder("Note (w)").Aria("label", "Note on this row").
					MaxLength(200).OnChange(onNote),
				pairCommand(d.Pair),
				command("only-like", "").Class("link").Title("Show only rows like this (o)").Text("only like this"),
				command("hide-like", "").Class("link").Title("Hide rows like this (h)").Text("hide like this"),
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
		items = append(items, command("copy", strconv.Itoa(int(f))).Class("item").Role("menuitem").Text(f.String()))
	}
	items = append(items, command("copy-link", "").Class("item").Role("menuitem").Text("Link to this row"))
	return app.Div().Class("pop").Body(
		command("copy", "0").Class("tool small left").Title("Copy the content (c)").Text("Copy"),
		command("menu", "copy").Class("tool small right").Aria("label", "Copy as").Aria("haspopup", "menu").
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
		items = append(items, command("tab", strconv.Itoa(int(t))).Class("tab").Role("tab").
			Aria("selected", strconv.FormatBool(t == d.Tab)).Title(t.String()+" ("+strconv.Itoa(int(t)+1)+")").Text(t.String()))
	}
	return app.Div().Class(shownIf("tabs", !d.None)).Role("tablist").Body(items...)
}

func tabBody(v view) app.UI {
	d := &v.detail
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
func pager(p model.Pager) app.UI {
	to := func(page int, text, label string) app.UI {
		return command("page", strconv.Itoa(page)).Class("tool small").Aria("label", label).
			Disabled(page < 0 || page >= p.Pages).Text(text)
	}
	return app.Div().Class(shownIf("pager", p.Pages > 1)).Body(
		to(p.Page-1, "‹", "Previous page"),
		span("", "page "+strconv.Itoa(p.Page+1)+" of "+strconv.Itoa(p.Pages)),
		to(p.Page+1, "›", "Next page"),
	)
}

func cutNote(text string) app.UI { return app.P().Class(shownIf("cut", text != "")).Text(text) }

package panel

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// connGroups is the list of connections when there are many: a search, and a group for each program and host.
func connGroups(v controller.Snapshot, onSearch app.EventHandler) []app.UI {
	items := []app.UI{
		app.Input().ID("conn-search").Type("search").Class("line conn-search").Placeholder("Search path, host, program").Aria("label", "Search the connections").
			Spellcheck(false).AutoComplete(false).MaxLength(200).OnInput(onSearch),
	}
	for i := range v.ConnList.Groups {
		items = append(items, connGroup(&v.ConnList.Groups[i], v.Status.Filter.Conn))
	}
	if len(v.ConnList.Groups) == 0 {
		items = append(items, app.P().Class("more").Text("No connection has this in its path, host or program."))
	}
	return items
}

// connGroup is a group: its title, which folds it, what its rows can be filtered by, and its connections.
func connGroup(g *controller.GroupView, chosen uint32) app.UI {
	n := uint64(len(g.Conns) + g.More)
	show := "Hide"
	if g.Hidden {
		show = "Show"
	}
	kids := []app.UI{app.Div().Class("group-head").Body(
		command(controller.FoldGroup{Key: g.Key}).Class("group-title").Aria("expanded", boolText(!g.Folded)).Title(g.Title()).Body(
			span("title", g.Title()), span("count", short(n)),
		),
		toggleGroup(g.Query, controller.OnlyGroup{Query: g.Query}, "Only", "Show only the rows of this group"),
		toggleGroup(g.Query, controller.HideGroup{Query: g.Query}, show, show+" the rows of this group"),
	)}
	if !g.Folded {
		for i := range g.Conns {
			kids = append(kids, connection(&g.Conns[i], g.Conns[i].ID == chosen))
		}
		if g.More > 0 {
			kids = append(kids, app.P().Class("more").Text(format.Plural(uint64(g.More), "older connection")+" not listed"))
		}
	}
	return app.Section().Class(when("group", g.Hidden, "hidden-rows")).Aria("label", g.Title()).Body(kids...)
}

// toggleGroup is a small button of a group; without a query there is nothing to filter by.
func toggleGroup(query string, cmd controller.Command, text, title string) app.UI {
	return command(cmd).Class(shownIf("tool small", query != "")).Title(title).Text(text)
}

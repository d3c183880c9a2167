package controller

import (
	"maps"
	"slices"
	"strings"

	"github.com/tetherscope/tetherscope/panel/model"
)

// maxSearch is how many bytes of a search in the list of connections are kept.
const maxSearch = 200

// connList is how the list of connections is shown. The core's lock guards its fields.
type connList struct {
	*core
	search string
	folded map[string]bool // groups that show their title only, by key
}

// ConnListView is the list of connections when there are so many that it has groups.
type ConnListView struct {
	Grouped bool
	Search  string
	Groups  []GroupView
}

// GroupView is a group of connections.
type GroupView struct {
	model.ConnGroup
	Folded bool
	Hidden bool // the filter hides its rows
}

// The commands of the list of connections.
type (
	// FoldGroup shows the title of a group only, or all of it again.
	FoldGroup struct{ Key string }
	// OnlyGroup shows only the rows of a group.
	OnlyGroup struct{ Query string }
	// HideGroup hides the rows of a group, or shows them again.
	HideGroup struct{ Query string }
	// SearchConns shows only the connections that a text finds.
	SearchConns struct{ Text string }
)

func (f FoldGroup) run(c *Controller) { c.connList.fold(f.Key) }
func (o OnlyGroup) run(c *Controller) {
	f := c.status().Filter
	f.Conn, f.Text = 0, o.Query
	c.replaceFilter(f)
}

func (h HideGroup) run(c *Controller) {
	f := c.status().Filter
	f.Text = toggleTerm(f.Text, "not ("+h.Query+")")
	c.replaceFilter(f)
}
func (s SearchConns) run(c *Controller) { c.connList.find(s.Text) }

// toggleTerm removes a term from a query, or adds it.
func toggleTerm(query, term string) string {
	before, after, has := strings.Cut(query, term)
	switch {
	case has:
		return strings.TrimSpace(strings.TrimSpace(before) + " " + strings.TrimSpace(after))
	case query == "":
		return term
	case strings.Contains(query, " or "):
		return "(" + query + ") " + term
	}
	return query + " " + term
}

func (l *connList) fold(key string) {
	l.mu.Lock()
	if l.folded == nil {
		l.folded = map[string]bool{}
	}
	if l.folded[key] {
		delete(l.folded, key)
	} else {
		l.folded[key] = true
	}
	l.mu.Unlock()
	l.wake()
}

func (l *connList) find(text string) {
	l.mu.Lock()
	l.search = text[:min(len(text), maxSearch)]
	l.mu.Unlock()
	l.wake()
}

// view returns what is drawn. The caller holds the lock.
func (l *connList) view(filter string) ConnListView {
	groups, all := l.model.ConnGroups(strings.ToLower(strings.TrimSpace(l.search)))
	v := ConnListView{Grouped: all >= model.GroupFrom, Search: l.search}
	if !v.Grouped {
		return v
	}
	kept := map[string]bool{}
	for _, g := range groups {
		kept[g.Key] = true
		hidden := g.Query != "" && strings.Contains(filter, g.Hidden())
		v.Groups = append(v.Groups, GroupView{g, l.folded[g.Key] != hidden, hidden}) // what is hidden is folded, unless it is unfolded
	}
	if l.search == "" {
		maps.DeleteFunc(l.folded, func(key string, _ bool) bool { return !kept[key] })
	}
	v.Groups = slices.Clip(v.Groups)
	return v
}

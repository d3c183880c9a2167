package controller

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// The commands of the filter.
type (
	// FocusFilter puts the caret into the filter box.
	FocusFilter struct{}
	// AcceptCompletion puts a listed completion into the filter box.
	AcceptCompletion struct{ Index int }
	// UseQuery replaces the filter with a query.
	UseQuery struct{ Text string }
	// ToggleFind changes between hiding the rows that the query does not find and marking those that it finds.
	ToggleFind struct{}
	// ToggleDirection shows only the rows of a direction; again, only the others; and then all.
	ToggleDirection struct{ Dir record.Dir }
	// ToggleType shows only the rows of a type; again, all others; and then all.
	ToggleType struct{ Type rows.Type }
	// ToggleViolations shows all rows, or only those that violate the protocol.
	ToggleViolations struct{}
	// ChooseConn shows only the rows of a connection, 0 for all.
	ChooseConn struct{ ID uint32 }
	// ClearQuery empties the filter box.
	ClearQuery struct{}
	// RemoveTerm removes one of the filters that are active.
	RemoveTerm struct{ Index int }
	// ClearFilters removes every filter.
	ClearFilters struct{}
	// ToggleSaved opens or closes the list of saved filters.
	ToggleSaved struct{}
	// SaveFilter saves the query in the box.
	SaveFilter struct{}
	// UseSaved puts a saved filter into the box.
	UseSaved struct{ Index int }
	// DeleteSaved deletes a saved filter.
	DeleteSaved struct{ Index int }
)

func (FocusFilter) run(c *Controller) { c.page.FocusFilter() }
func (a AcceptCompletion) run(c *Controller) {
	c.filterBox.accept(a.Index)
	c.page.FocusFilter()
}

func (q UseQuery) run(c *Controller) {
	c.mu.Lock()
	c.statistics, c.help = false, false
	c.mu.Unlock()
	c.putFilter(q.Text)
}
func (ToggleFind) run(c *Controller) { c.Send(model.SetFind{On: !c.status().Find}) }
func (t ToggleDirection) run(c *Controller) {
	c.filter(func(f *rows.Filter) { *f = f.PressDir(t.Dir) })
}

func (t ToggleType) run(c *Controller) {
	c.filter(func(f *rows.Filter) { *f = f.Press(t.Type) })
}

func (ToggleViolations) run(c *Controller) {
	c.filter(func(f *rows.Filter) { f.Broken = !f.Broken })
}

func (k ChooseConn) run(c *Controller) {
	if k.ID != 0 {
		c.Send(model.Inspect{Conn: k.ID})
	}
	c.filter(func(f *rows.Filter) { f.Conn = k.ID })
}

func (ClearQuery) run(c *Controller) {
	f := c.status().Filter
	f.Text = ""
	c.replaceFilter(f)
}
func (ClearFilters) run(c *Controller) { c.replaceFilter(rows.Filter{}) }
func (r RemoveTerm) run(c *Controller) {
	s := c.status()
	if r.Index < 0 || r.Index >= len(s.Terms) {
		return
	}
	f := s.Terms[r.Index].Without
	if f.Text != s.Filter.Text {
		c.replaceFilter(f)
		return
	}
	f.Text = s.Draft
	c.Send(model.SetFilter{Filter: f})
}
func (ToggleSaved) run(c *Controller)   { c.filterBox.toggleSaved() }
func (SaveFilter) run(c *Controller)    { c.filterBox.save() }
func (u UseSaved) run(c *Controller)    { c.filterBox.useSaved(u.Index) }
func (d DeleteSaved) run(c *Controller) { c.filterBox.drop(d.Index) }

// filter changes everything of the filter but its text, which stays as it is written in the box.
func (c *Controller) filter(change func(*rows.Filter)) {
	s := c.status()
	f := s.Filter
	change(&f)
	f.Text = s.Draft
	c.Send(model.SetFilter{Filter: f})
}

// replaceFilter changes the filter, and the text in the box with it.
func (c *Controller) replaceFilter(f rows.Filter) {
	c.putFilter(f.Text)
	c.Send(model.SetFilter{Filter: f})
}

package controller

import (
	"encoding/json"
	"testing"
)

// TestNamedFilters: a filter has a name and a color, both are stored, and what an earlier version stored is read.
func TestNamedFilters(t *testing.T) {
	c, page, _ := newTest()
	c.Filter("op:ping", 7)
	c.NameFilter("heartbeat")
	c.Do(SaveFilter{})
	c.ColorSaved(0, "blue")
	if last, want := page.asked[len(page.asked)-1], `remember filters [{"name":"heartbeat","text":"op:ping","color":"blue"}]`; last != want {
		t.Errorf("stored %s, want %s", last, want)
	}
	c.NameFilter("beat")
	c.Do(SaveFilter{})
	if list := c.Snapshot().FilterBox.Saved; len(list) != 1 || list[0].Name != "beat" || list[0].Color != "blue" {
		t.Errorf("saved again: %+v", list)
	}
	c.ColorSaved(0, "url(x)")
	if s := c.Snapshot(); s.FilterBox.Saved[0].Color != "blue" || s.Note == "" {
		t.Errorf("an unknown color: %+v, %q", s.FilterBox.Saved, s.Note)
	}
	c.Filter("near:3 op:ping", 14)
	c.Do(SaveFilter{})
	c.ColorSaved(0, "red")
	if s := c.Snapshot(); s.FilterBox.Saved[0].Color != "" || s.Note != "Rows are not colored: near, before and after look at other rows; a color is that of one row" {
		t.Errorf("a filter with context: %+v, %q", s.FilterBox.Saved, s.Note)
	}
	c.ColorSaved(7, "red")
	c.ColorSaved(1, "")
	if list := c.Snapshot().FilterBox.Saved; list[1].Color != "" {
		t.Errorf("the color is still there: %+v", list)
	}
	var list []SavedFilter
	if err := json.Unmarshal([]byte(`["op:text",{"text":"lint","name":"bad"}]`), &list); err != nil || list[0].Text != "op:text" || list[1].Name != "bad" {
		t.Errorf("%+v, %v", list, err)
	}
}

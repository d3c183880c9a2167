package model

import (
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// TestSeveralRows: a range and single rows are selected, copied, marked and saved together; a plain selection ends that.
func TestSeveralRows(t *testing.T) {
	m := New(Options{})
	feed(m, 1, text(record.In, "a"), text(record.Out, "b"), control(record.In, frame.Ping, "p"), text(record.In, "c"), text(record.In, "d"))
	m.Update(SetFilter{rows.Filter{Text: "op:text"}})
	settle(m)
	copied := func() string {
		for _, e := range m.Update(CopyAs{FormPlain}) {
			return e.(PutClipboard).Text
		}
		return ""
	}
	m.Update(Select{ID: 1})
	m.Update(SelectTo{ID: 3})
	if got := copied(); got != "b\nc" {
		t.Errorf("a range without the hidden row: %q", got)
	}
	m.Update(Extend{By: 1})
	if got := copied(); got != "b\nc\nd" || m.Status().Chosen != 3 {
		t.Errorf("one more: %q, %d rows", got, m.Status().Chosen)
	}
	m.Update(Extend{By: -3})
	if got := copied(); got != "a\nb" {
		t.Errorf("to the other side: %q", got)
	}
	m.Update(SelectAlso{ID: 4})
	m.Update(SelectAlso{ID: 0})
	if got := copied(); got != "b\nd" {
		t.Errorf("single rows: %q", got)
	}
	looks := ""
	for _, l := range m.Window().Lines {
		looks += l.Look[strings.LastIndex(l.Look, " ")+1:] + " "
	}
	if looks != "in selected in chosen " {
		t.Errorf("looks %q", looks)
	}
	m.Update(ToggleMark{ID: 1})
	if got := len(m.marks.order); got != 2 {
		t.Errorf("%d marks", got)
	}
	m.Update(ToggleMark{ID: 1})
	if got := len(m.marks.order); got != 0 {
		t.Errorf("%d marks are left", got)
	}
	settle(m)
	if data := m.Update(Export{})[0].(Download).Data; strings.Count(string(data), "\n") != 2 {
		t.Errorf("exported %s", data)
	}
	saved := 0
	if err := m.Records(func(*record.Record) error { saved++; return nil }); err != nil || saved != 2 {
		t.Errorf("%d records are saved, %v", saved, err)
	}
	m.Update(Select{ID: 1})
	if got := copied(); got != "b" || m.Status().Chosen != 0 {
		t.Errorf("a plain selection: %q, %d rows", got, m.Status().Chosen)
	}
	m.Update(Unselect{})
	m.Update(SelectTo{ID: 3})
	if got := copied(); got != "c" {
		t.Errorf("a range from nothing: %q", got)
	}
}

// TestSeveralRowsAreLimited, and what goes is forgotten.
func TestSeveralRowsAreLimited(t *testing.T) {
	m := New(Options{Rows: 16_384})
	feed(m, 1, many(12_000)...)
	m.Update(Select{ID: 11_999})
	if effects := m.Update(SelectTo{ID: 0}); len(effects) != 1 || m.Status().Chosen != maxSeveral || !m.IsSelected(11_998) {
		t.Errorf("%d rows, %v", m.Status().Chosen, effects)
	}
	feed(m, 12_001, many(12_000)...)
	if n := m.Status().Chosen; n >= maxSeveral {
		t.Errorf("%d of %d rows that are kept are selected", n, maxSeveral)
	}
}

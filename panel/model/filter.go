package model

import (
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model/query"
)

// Filter says which rows of a view are shown. The zero value shows all. Gap rows are shown whatever it says: a filter
// must not hide that something is missing.
type Filter struct {
	Conn      uint32 // only this connection; 0: all
	HideDir   [2]bool
	HideTypes uint16 // one bit for each Type
	Broken    bool   // only rows that break a rule
	From, To  int64  // only rows of this time, ns since 1970 UTC; To 0: any time
	Text      string // a query in the language of package query
}

// Hides reports whether the chip of type t is off.
func (f Filter) Hides(t Type) bool { return f.HideTypes>>t&1 != 0 }

// Toggle returns f with the chip of type t turned over.
func (f Filter) Toggle(t Type) Filter {
	f.HideTypes ^= 1 << t
	return f
}

// Term is one part of a filter in words, and the filter without it.
type Term struct {
	Label   string
	Without Filter
}

// Terms returns the parts of f that hide something, for "hidden by …, remove".
func (f Filter) Terms() []Term {
	var out []Term
	add := func(label string, without Filter) { out = append(out, Term{label, without}) }
	if f.Text != "" {
		w := f
		w.Text = ""
		add(preview([]byte(f.Text), 60), w)
	}
	if f.To != 0 {
		w := f
		w.From, w.To = 0, 0
		add("a span of "+Duration(f.To-f.From), w)
	}
	if f.Conn != 0 {
		w := f
		w.Conn = 0
		add("connection "+utoa(uint64(f.Conn)), w)
	}
	for _, d := range [...]record.Dir{record.Out, record.In} {
		if f.HideDir[d] {
			w := f
			w.HideDir[d] = false
			add([...]string{"sent hidden", "received hidden"}[d], w)
		}
	}
	for t := range NumTypes {
		if f.Hides(t) {
			add(t.String()+" hidden", f.Toggle(t))
		}
	}
	if f.Broken {
		w := f
		w.Broken = false
		add("only violations", w)
	}
	return out
}

// matcher is a filter made ready to be asked about the rows of one view, in their order.
type matcher struct {
	filter  Filter
	view    View
	scanner *query.Scanner // nil without a query
	context bool           // the query looks at neighbours, and shows gaps by itself
	row     queryRow
}

// newMatcher returns a matcher that has seen no row. The query of the filter must be one that [parseFilter] took.
func (m *Model) newMatcher(f Filter, v View) matcher {
	t := matcher{filter: f, view: v, row: queryRow{m: m, view: v}}
	if q, err := parseFilter(f.Text); err == nil && !q.Empty() {
		t.scanner, t.context = q.Scanner(), q.HasContext()
	}
	return t
}

// parseFilter reads the text of a filter. Rows of gaps are always shown: the query is widened by them where the scanner
// could else take them out of the list again.
func parseFilter(text string) (*query.Query, error) {
	q, err := query.Parse(text)
	if err != nil || !q.HasContext() {
		return q, err
	}
	return query.Parse("kind:gap or (" + text + ")")
}

// push asks about the next row and returns ids with what follows from it, and how many bytes were searched for that.
func (t *matcher) push(ids []uint64, id uint64, pg *page, i int) (out []uint64, searched int) {
	gap := pg.kind[i] == kindGap
	switch {
	case !gap && !t.passes(pg, i):
		return ids, 0
	case t.scanner == nil, gap && !t.context:
		return append(ids, id), 0
	}
	t.row.at(id, pg, i)
	return t.scanner.Push(ids, id, &t.row), t.row.searched
}

// passes reports whether everything but the query shows the row.
func (t *matcher) passes(pg *page, i int) bool {
	f := &t.filter
	switch {
	case f.Conn != 0 && pg.conn[i] != f.Conn, !shownIn(pg, i, t.view):
		return false
	case f.HideTypes != 0 && f.Hides(rowType(pg, i, t.view)), f.HideDir[rowDir(pg, i)] && hasDir(pg, i):
		return false
	case f.To != 0 && (pg.time[i] < f.From || pg.time[i] > f.To):
		return false
	}
	return !f.Broken || pg.violations[i] != 0 || pg.kind[i] == record.KindBroken
}

// hasDir reports whether the row is something that one side sent.
func hasDir(pg *page, i int) bool {
	return pg.kind[i] == record.KindFrame || pg.kind[i] == record.KindBroken
}

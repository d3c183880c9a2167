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
	filter   Filter
	scanner  *query.Scanner // nil without a query
	payloads bool           // the query looks into them
	block    *rowBlock
}

// newMatcher returns a matcher that has seen no row. The query of the filter must be one that [query.Parse] takes.
func (m *Model) newMatcher(f Filter, v View) matcher {
	t := matcher{filter: f, block: &rowBlock{m: m, view: v}}
	if q, err := query.Parse(f.Text); err == nil && !q.Empty() {
		t.scanner, t.payloads = q.Scanner(), q.NeedsPayload()
	}
	return t
}

// push asks about rows from id on, most at most, and returns ids with what follows from them, how many rows it asked
// about and how many bytes were searched for that.
func (t *matcher) push(ids []uint64, s *store, id uint64, most int) (out []uint64, rows, searched int) {
	b := t.block
	b.at(s, id, most, t.payloads)
	pass, gaps := b.pass(&t.filter)
	if t.scanner == nil {
		return pass.Append(ids, id), b.n, 0
	}
	ids = t.scanner.PushBlock(ids, id, b, b.n, pass, gaps)
	return ids, b.n, b.searched
}

// hasDir reports whether the row is something that one side sent.
func hasDir(pg *page, i int) bool {
	return pg.kind[i] == record.KindFrame || pg.kind[i] == record.KindBroken
}

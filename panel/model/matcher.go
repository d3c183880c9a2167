package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// matcher is a filter made ready to be asked about the rows of one view, in their order.
type matcher struct {
	filter   rows.Filter
	scanner  *query.Scanner // nil without a query
	payloads bool           // the query looks into them
	block    *rows.Block
}

// newMatcher returns a matcher that has seen no row; q is the query of the filter's text, nil for none.
func newMatcher(s *rows.Store, l rows.Lookup, f rows.Filter, q *query.Query, v rows.View) matcher {
	t := matcher{filter: f, block: rows.NewBlock(s, v, l)}
	if q != nil && !q.Empty() {
		t.scanner, t.payloads = q.Scanner(), q.NeedsPayload()
	}
	return t
}

// push asks about rows from id on, most at most, and returns ids with what follows from them, how many rows it asked
// about and how many bytes were searched for that.
func (t *matcher) push(ids []uint64, id uint64, most int) (out []uint64, n, searched int) {
	b := t.block
	b.Move(id, most, t.payloads)
	pass, gaps := b.Pass(&t.filter)
	if t.scanner == nil {
		return pass.Append(ids, id), b.Len(), 0
	}
	ids = t.scanner.PushBlock(ids, id, b, b.Len(), pass, gaps)
	return ids, b.Len(), b.Searched()
}

// forget lets the scanner go of evicted rows.
func (t *matcher) forget(oldest uint64) {
	if t.scanner != nil {
		t.scanner.Forget(oldest)
	}
}

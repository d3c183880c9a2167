package model

import (
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// maxSummaries is how many summaries are remembered for the grid; over it all are made again as rows come into sight.
const maxSummaries = 4096

// summaries are what decoders make of the rows that were in sight: they are made outside of painting, a few at a time.
type summaries struct {
	decoding *decoding
	viewport *viewport
	of       map[uint64]string // by row ID
}

// reset forgets all, so that messages are decoded again.
func (s *summaries) reset() { clear(s.of) }

// step decodes rows in the window as far as the budget reaches, and reports whether it decoded one.
func (s *summaries) step(budget int) (did bool) {
	if len(s.of) > maxSummaries {
		clear(s.of)
	}
	v := s.viewport
	first := v.first()
	for i := first; i < min(first+v.rows+1, v.total()) && budget > 0; i++ {
		id := v.search.list().at(i)
		if _, known := s.of[id]; known {
			continue
		}
		s.of[id] = ""
		if r := v.search.store.Row(id); r.EndsMessage() {
			s.of[id] = format.Preview([]byte(s.decoding.brief(r).Summary), rows.TextPreview)
			did = true
			budget -= summaryCost
		}
	}
	return did
}

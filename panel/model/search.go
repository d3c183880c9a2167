package model

import (
	"errors"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// search is which rows the view and the filter show, and in find mode which of them the query marks. It owns the text of
// the filter: that is parsed once, when it changes, and everything that needs the query takes it from here.
type search struct {
	store  *rows.Store
	lookup rows.Lookup
	parse  func(string) (*query.Query, error) // [query.Parse]; a test counts

	view   rows.View
	filter rows.Filter
	query  *query.Query // of filter.Text
	draft  draft
	from   uint64 // rows before this one are not shown: the last Clear
	find   bool   // the query marks rows and hides none
	shown  matcher
	found  matches // what the view and the filter show
	seeker matcher
	hits   matches // what the query marks, when it hides none
	facets facets
	order  sorting // of what is found, when a column sorts it
	runs   uint64  // scans for matches that were started, or set back
}

// draft is what is in the filter box. While it is no query, the query before stays active.
type draft struct {
	text    string
	problem *query.Error
}

// setFilter changes the filter. A text that is no query is kept as a draft.
func (s *search) setFilter(f rows.Filter) {
	if f.Text != s.draft.text || s.query == nil {
		s.setText(f.Text)
	}
	if s.draft.problem != nil {
		f.Text = s.filter.Text
	}
	if f != s.filter {
		s.filter = f
		s.restart()
	}
}

// setText parses the text of the filter box. The query before stays when that fails.
func (s *search) setText(text string) {
	s.draft = draft{text: text}
	q, err := s.parse(text)
	if err == nil {
		s.query = q
		return
	}
	if !errors.As(err, &s.draft.problem) {
		s.draft.problem = &query.Error{Message: err.Error()}
	}
}

func (s *search) setView(v rows.View) {
	s.view = v
	s.restart()
}

func (s *search) setFind(on bool) {
	if s.find != on {
		s.find = on
		s.restart()
	}
}

// setFrom hides the rows before one: a Clear, or that it was undone.
func (s *search) setFrom(id uint64) {
	s.from = id
	s.restart()
}

// restart starts the scan for matches again.
func (s *search) restart() {
	s.runs++
	from := max(s.store.Oldest(), s.from)
	f, q := s.filter, s.query
	s.seeker = matcher{}
	if s.marks() {
		s.seeker = newMatcher(s.store, s.lookup, f, q, s.view)
		f.Text, q = "", nil
	}
	s.shown = newMatcher(s.store, s.lookup, f, q, s.view)
	s.found.restart(from)
	s.hits.restart(from)
	s.order.restart()
	restartFacets(s, from)
}

// stop leaves the rows unasked that the scan has not come to.
func (s *search) stop() {
	s.found.stop(s.store.End())
	s.hits.stop(s.store.End())
}

// marks reports whether the query marks rows and hides none.
func (s *search) marks() bool { return s.find && s.filter.Text != "" }

// isHit reports whether the query marks a row.
func (s *search) isHit(id uint64) bool { return s.marks() && s.hits.has(id) }

// scanning reports whether rows wait to be asked.
func (s *search) scanning() bool {
	end := s.store.End()
	return s.found.next < end || s.marks() && s.hits.next < end
}

// scan asks about rows as far as the budget reaches and reports whether there were any.
func (s *search) scan(budget int) bool {
	switch end := s.store.End(); {
	case s.found.next < end:
		s.found.scan(end, &s.shown, budget)
	case s.marks() && s.hits.next < end:
		s.hits.scan(end, &s.seeker, budget)
	default:
		return false
	}
	return true
}

// finish asks about all rows that are left, for what must not lack any.
func (s *search) finish() {
	for s.found.next < s.store.End() {
		s.found.scan(s.store.End(), &s.shown, 1<<20)
	}
}

// reach finishes the scan as far as a row, at most a chunk of rows, so that it can be brought into sight.
func (s *search) reach(id uint64) {
	if s.found.next <= id && id-s.found.next < rows.ChunkRows {
		s.found.scan(s.store.End(), &s.shown, 4*rows.ChunkRows)
	}
}

// list returns the rows in the order of the grid.
func (s *search) list() listing {
	if s.order.sorted() {
		return &s.order
	}
	return &s.found
}

// forget drops what was kept about evicted rows.
func (s *search) forget(oldest uint64) {
	s.found.drop(oldest)
	s.hits.drop(oldest)
	s.facets.own.drop(oldest)
	for _, t := range [...]*matcher{&s.shown, &s.seeker, &s.facets.asker} {
		t.forget(oldest)
	}
}

// askAgain asks rows from id on again, if the query asks for a field that has just become known of them.
func (s *search) askAgain(id uint64, f query.Field) {
	switch {
	case id >= s.found.next && id >= s.hits.next || s.query == nil || !s.query.Asks(f):
	case s.query.HasContext():
		s.restart()
	default:
		s.rewind(id)
	}
}

// rewind starts the scan for matches again from row id.
func (s *search) rewind(id uint64) {
	s.runs++
	s.found.rewind(id)
	s.hits.rewind(id)
}

// reconsider asks the rows from id on again: more of its payload has come.
func (s *search) reconsider(id uint64) {
	switch {
	case s.filter.Text == "" || id >= s.found.next && id >= s.hits.next:
	case s.query.HasContext():
		s.restart()
	default:
		s.rewind(id)
	}
}

// status fills in what the filter box and the status bar show.
func (s *search) status(out *Status, selected uint64) {
	end := s.store.End()
	out.View, out.Filter, out.Terms = s.view, s.filter, s.filter.Terms()
	out.Draft, out.Problem, out.Find = s.draft.text, s.draft.problem, s.find
	out.Progress, out.Partial = s.found.progress(end), s.found.cut || s.hits.cut
	out.Shown, out.Scanning, out.Facets = s.found.len(), s.scanning(), facetCounts(s)
	if !s.marks() {
		return
	}
	out.Progress = (out.Progress + s.hits.progress(end)) / 2
	out.Hits = s.hits.len()
	if s.hits.has(selected) {
		out.HitAt = s.hits.before(selected) + 1
	}
}

// nextHit returns the row that the query marks behind (by 1) or before (by -1) a row, and from the last the first.
func (s *search) nextHit(from uint64, by int) (id uint64, ok bool) {
	n := s.hits.len()
	if n == 0 {
		return 0, false
	}
	i := s.hits.before(from)
	if by < 0 {
		i--
	} else if i < n && s.hits.at(i) == from {
		i++
	}
	return s.hits.at((i + n) % n), true
}

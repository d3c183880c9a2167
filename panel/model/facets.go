package model

import "github.com/tetherscope/tetherscope/panel/model/rows"

// maxContextFacets is how many matches of a query that looks at neighbours are counted: its matches may still change, so
// they are counted again each time.
const maxContextFacets = 20_000

// Facets says for each chip how many rows there are under everything else that filters: what one would see of them with
// the chip on. Off means that nothing filters, and that the counters of the Tally say the same.
type Facets struct {
	Off   bool
	Dirs  [2]uint64 // by record.Dir
	Types [rows.NumTypes]uint64
	Wrong uint64 // rows that break a rule
	More  bool   // rows are still to be counted, or are too many to be
}

// facets counts as the scan goes forward: the matches where no chip hides any, else in a scan of its own without the chips.
type facets struct {
	Facets
	own     matches
	asker   matcher
	chips   bool // chips hide rows: the own scan counts
	context bool
	next    uint64 // the match to count next
}

func restartFacets(s *search, from uint64) {
	f := s.shown.filter
	s.facets = facets{own: s.facets.own, next: from, Facets: Facets{Off: f == rows.Filter{Conn: f.Conn}}}
	q := s.query
	if f.Text == "" {
		q = nil
	}
	s.facets.context = q != nil && q.HasContext()
	s.facets.chips = f.Broken || f.HideTypes != 0 || f.HideDir != [2]bool{}
	if s.facets.chips && !s.facets.context {
		f.Broken, f.HideTypes, f.HideDir = false, 0, [2]bool{}
		s.facets.asker = newMatcher(s.store, s.lookup, f, q, s.view)
		s.facets.own.restart(from)
	}
}

// countFacets goes on counting as far as the budget reaches and reports whether it did anything.
func countFacets(s *search, budget int) bool {
	c := &s.facets
	switch {
	case c.Off || c.context:
		return false
	case c.chips:
		if c.own.next >= s.store.End() {
			return false
		}
		c.own.scan(s.store.End(), &c.asker, budget)
		for _, id := range c.own.ids[c.own.head:] {
			countFacet(s, &c.Facets, id)
		}
		c.own.ids, c.own.head = c.own.ids[:0], 0
		return true
	}
	i := s.found.before(c.next)
	last := min(s.found.len(), i+budget)
	for ; i < last; i++ {
		countFacet(s, &c.Facets, s.found.at(i))
		c.next = s.found.at(i) + 1
	}
	return i < s.found.len()
}

// countFacet counts one row for each chip that would show it: under the other chips, whatever the chip itself says.
func countFacet(s *search, c *Facets, id uint64) {
	if !s.store.Has(id) {
		return
	}
	r := s.store.Row(id)
	f := &s.shown.filter
	t, wrong := r.Type(s.view), r.Wrong()
	byType, byDir, byRule := !f.Hides(t), !r.HasDir() || !f.HideDir[r.Dir()], wrong || !f.Broken
	if byDir && byRule {
		c.Types[t]++
	}
	if byType && byRule && r.IsFrame() {
		c.Dirs[r.Dir()]++
	}
	if byType && byDir && wrong {
		c.Wrong++
	}
}

// facetCounts returns the counts as they stand.
func facetCounts(s *search) Facets {
	c := s.facets.Facets
	if c.Off {
		return c
	}
	if !s.facets.context {
		c.More = s.scanning() || s.facets.chips && s.facets.own.next < s.store.End()
		return c
	}
	n := min(s.found.len(), maxContextFacets)
	for i := range n {
		countFacet(s, &c, s.found.at(i))
	}
	c.More = n < s.found.len() || s.scanning()
	return c
}

package model

import (
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model/query"
)

// maxContextFacets is how many matches of a query that looks at neighbours are counted: its matches may still change, so
// they are counted anew each time.
const maxContextFacets = 20_000

// Facets says for each chip how many rows there are under everything else that filters: what one would see of them with
// the chip on. Off means that nothing filters, and that the counters of the Tally say the same.
type Facets struct {
	Off   bool
	Dirs  [2]uint64 // by record.Dir
	Types [NumTypes]uint64
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

func (m *Model) restartFacets(from uint64) {
	f := m.shown.filter
	m.facets = facets{own: m.facets.own, next: from, Facets: Facets{Off: f == Filter{Conn: f.Conn}}}
	q, err := query.Parse(f.Text)
	m.facets.context = err == nil && q.HasContext()
	m.facets.chips = f.Broken || f.HideTypes != 0 || f.HideDir != [2]bool{}
	if m.facets.chips && !m.facets.context {
		f.Broken, f.HideTypes, f.HideDir = false, 0, [2]bool{}
		m.facets.asker = m.newMatcher(f, m.view)
		m.facets.own.restart(from)
	}
}

// countFacets goes on counting as far as the budget reaches and reports whether it did anything.
func (m *Model) countFacets(budget int) bool {
	c := &m.facets
	switch {
	case c.Off || c.context:
		return false
	case c.chips:
		if c.own.next >= m.store.end {
			return false
		}
		c.own.scan(&m.store, &c.asker, budget)
		for _, id := range c.own.ids[c.own.head:] {
			m.countFacet(&c.Facets, id)
		}
		c.own.ids, c.own.head = c.own.ids[:0], 0
		return true
	}
	i := m.found.before(c.next)
	last := min(m.found.len(), i+budget)
	for ; i < last; i++ {
		m.countFacet(&c.Facets, m.found.at(i))
		c.next = m.found.at(i) + 1
	}
	return i < m.found.len()
}

// countFacet counts one row for each chip that would show it: under the other chips, whatever the chip itself says.
func (m *Model) countFacet(c *Facets, id uint64) {
	if !m.store.held(id) {
		return
	}
	pg, i := m.store.row(id)
	f := &m.shown.filter
	t, wrong := rowType(pg, i, m.view), pg.violations[i] != 0 || pg.kind[i] == record.KindBroken
	byType, byDir, byRule := !f.Hides(t), !hasDir(pg, i) || !f.HideDir[rowDir(pg, i)], wrong || !f.Broken
	if byDir && byRule {
		c.Types[t]++
	}
	if byType && byRule && pg.kind[i] == record.KindFrame {
		c.Dirs[rowDir(pg, i)]++
	}
	if byType && byDir && wrong {
		c.Wrong++
	}
}

// facetCounts returns the counts as they stand.
func (m *Model) facetCounts() Facets {
	c := m.facets.Facets
	if c.Off {
		return c
	}
	if !m.facets.context {
		c.More = m.scanning() || m.facets.chips && m.facets.own.next < m.store.end
		return c
	}
	n := min(m.found.len(), maxContextFacets)
	for i := range n {
		m.countFacet(&c, m.found.at(i))
	}
	c.More = n < m.found.len() || m.scanning()
	return c
}

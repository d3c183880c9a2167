package model

import (
	"errors"
	"sort"

	"github.com/tetherscope/tetherscope/panel/model/query"
)

// draft is what stands in the filter box. While it is no query, the last query stays in force.
type draft struct {
	text    string
	problem *query.Error
}

func (m *Model) updateFilter(msg Msg) []Effect {
	switch msg := msg.(type) {
	case SetFilter:
		m.setFilter(msg.Filter)
	case SetView:
		m.refilter(m.filter, msg.View)
	case SetFind:
		if m.find != msg.On {
			m.find = msg.On
			m.refilter(m.filter, m.view)
		}
	case SetSpan:
		m.setSpan(msg.From, msg.To)
	case StopScan:
		m.found.stop(m.store.end)
		m.hits.stop(m.store.end)
	case NextHit:
		m.nextHit(msg.By)
	case HideLike:
		return m.addQuery("not ")
	case OnlyLike:
		return m.addQuery("")
	}
	return nil
}

// setFilter changes the filter. A text that is no query is kept as a draft.
func (m *Model) setFilter(f Filter) {
	m.draft = draft{text: f.Text}
	if _, err := query.Parse(f.Text); err != nil {
		if !errors.As(err, &m.draft.problem) {
			m.draft.problem = &query.Error{Message: err.Error()}
		}
		f.Text = m.filter.Text
	}
	if f != m.filter {
		m.refilter(f, m.view)
	}
}

// refilter starts the scan for matches again. The window stays at the row it stood at, or where that row would be.
func (m *Model) refilter(f Filter, v View) {
	from := max(m.store.oldest, m.cleared.from)
	m.filter, m.view = f, v
	if !m.find || f.Text == "" {
		m.shown = m.newMatcher(f, v)
		m.found.restart(from)
		m.seeker = matcher{}
		m.hits.restart(from)
		m.restartFacets(from)
		return
	}
	all := f
	all.Text = ""
	m.shown, m.seeker = m.newMatcher(all, v), m.newMatcher(f, v)
	m.found.restart(from)
	m.hits.restart(from)
	m.restartFacets(from)
}

// seeks reports whether the query marks rows and hides none.
func (m *Model) seeks() bool { return m.find && m.filter.Text != "" }

// scanning reports whether rows wait to be asked.
func (m *Model) scanning() bool {
	return m.found.next < m.store.end || m.seeks() && m.hits.next < m.store.end
}

func (m *Model) searchStatus(s *Status) {
	s.Draft, s.Problem, s.Find = m.draft.text, m.draft.problem, m.find
	s.Progress, s.Partial = m.found.progress(m.store.end), m.found.cut || m.hits.cut
	if !m.seeks() {
		return
	}
	s.Progress = (s.Progress + m.hits.progress(m.store.end)) / 2
	s.Hits = m.hits.len()
	if d := &m.detail; d.selected && !d.connOnly && m.hits.has(d.id) {
		s.HitAt = m.hits.before(d.id) + 1
	}
}

// nextHit moves the selection to the next row that the query marks, and from the last to the first. Where the query
// hides the other rows, every row is one.
func (m *Model) nextHit(by int) {
	if !m.seeks() {
		m.move(by)
		return
	}
	n := m.hits.len()
	if n == 0 {
		return
	}
	from := m.tail.anchor
	if d := &m.detail; d.selected && !d.connOnly {
		from = d.id
	}
	i := m.hits.before(from)
	if by < 0 {
		i--
	} else if i < n && m.hits.at(i) == from {
		i++
	}
	m.show(m.hits.at((i + n) % n))
}

// seek selects the record with a number, now or when it comes.
func (m *Model) seek(seq uint64) []Effect {
	m.wanted = 0
	if seq > m.lastSeq {
		m.wanted = seq
		return nil
	}
	from := m.store.oldest
	id := from + uint64(sort.Search(int(m.store.end-from), func(i int) bool {
		pg, k := m.store.row(from + uint64(i))
		return pg.seq[k] >= seq
	}))
	if !m.store.held(id) {
		return []Effect{Tell{"Record " + Count(seq) + " is not held any more"}}
	}
	pg, k := m.store.row(id)
	if pg.seq[k] != seq {
		return []Effect{Tell{"Record " + Count(seq) + " is not held any more"}}
	}
	m.settleTo(id)
	m.show(id)
	m.selectRow(id)
	return nil
}

// settleTo finishes the scan for matches as far as a row, at most a page of rows, so that it can be brought into sight.
func (m *Model) settleTo(id uint64) {
	if m.found.next <= id && id-m.found.next < pageRows {
		m.found.scan(&m.store, &m.shown, 4*pageRows)
	}
}

// show selects a row and brings it into sight, when it is among the matches.
func (m *Model) show(id uint64) {
	i := m.found.before(id)
	if i >= m.total() || m.found.at(i) != id {
		return
	}
	m.hold()
	m.reveal(i)
	m.pick(id)
}

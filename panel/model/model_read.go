package model

import (
	"slices"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// Status returns the counters and switches.
func (m *Model) Status() Status {
	s := Status{
		Feed: m.feed, Fault: m.fault, Recording: m.intake.recording, Mode: m.viewport.mode,
		Tally: m.counts.tallyOf(nil), Kept: m.store.End() - max(m.store.Oldest(), m.search.from),
		Evicted: m.store.Evicted(), ServerEvicted: m.intake.serverEvicted, PayloadBytes: m.store.PayloadBytes(),
		CanUndo: m.counts.undo != nil, Times: m.grid.times, Sorting: m.search.order.by, Layout: m.grid.layout, Chosen: len(m.sel.chosen()),
	}
	m.search.status(&s, m.sel.rowID())
	if k := m.filteredConn(); k != nil {
		s.Tally = m.counts.tallyOf(k)
	}
	s.Hidden = s.Tally.Rows[s.View]
	s.Hidden -= min(s.Hidden, uint64(s.Shown))
	return s
}

// Walk passes on the records of the next n rows from one on, and the name of the file that their connection was read from. It returns the row
// to go on with, and whether there is one. Records are valid only during the call of each.
func (m *Model) Walk(from uint64, n int, each func(r *record.Record, file string)) (next uint64, more bool) {
	id := max(from, m.store.Oldest(), m.search.from)
	for end := min(id+uint64(n), m.store.End()); id < end; id++ {
		row := m.store.Row(id)
		if k := m.conns.of(row); k != nil && !row.IsGap() {
			r := m.conns.record(row)
			each(&r, k.File)
		}
	}
	return id, id < m.store.End()
}

// filteredConn returns the connection that the filter names, nil for none.
func (m *Model) filteredConn() *Conn { return m.conns.byID[m.search.filter.Conn] }

// Statistics returns the numbers as they stand: of the one connection when the filter names one, else of all.
func (m *Model) Statistics() Statistics {
	s := statisticsOf(&m.counts, m.filteredConn())
	s.Pending, s.Shown = m.pairing.lag(), m.percentiles.get(&m.search, m.pairing.next)
	return s
}

// Timeline returns the bins from the first frame to the newest. The slices are valid until the next Update.
func (m *Model) Timeline() Timeline { return m.counts.timeline.shown(m.brushed()) }

// MaxListed is how many connections [Model.Conns] returns.
const MaxListed = 200

// Conns returns copies of the connections that live or have rows since the last Clear, newest first and at most
// [MaxListed], and how many more there are.
func (m *Model) Conns() (list []Conn, more int) {
	for _, k := range slices.Backward(m.conns.order) {
		switch {
		case m.isPast(k):
		case len(list) == MaxListed:
			more++
		default:
			c := *k
			c.Tally = m.counts.tallyOf(k)
			list = append(list, c)
		}
	}
	return list, more
}

package model

import (
	"slices"

	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model/query"
)

// Status is what the toolbar and the status bar show.
type Status struct {
	Feed          Feed
	Fault         string // the last malformed batch
	Recording     bool
	Mode          Mode
	View          View
	Filter        Filter
	Terms         []Term
	Draft         string       // what stands in the filter box
	Problem       *query.Error // what is wrong with it; the query before it stays in force
	Find          bool         // the query marks rows and hides none
	Hits          int          // rows that the query marks
	HitAt         int          // which of them is selected, from 1 up; 0 for none
	Progress      int          // of a scan, in percent
	Partial       bool         // the last scan was stopped: rows were not asked
	Facets        Facets       // what the chips would show
	Tally         Tally        // since the last Clear; of the one connection when the filter names one
	Held          uint64       // rows that the panel holds
	Shown         int          // of them, how many the view and the filter show
	Hidden        uint64       // rows of the view that the filter hides
	Evicted       uint64       // rows let go to stay within the limits
	ServerEvicted uint64       // records that the server's ring let go
	PayloadBytes  int          // taken by payloads, evicted only when rows are
	Scanning      bool
	CanUndo       bool // a Clear can be taken back
}

// Status returns the counters and switches.
func (m *Model) Status() Status {
	s := Status{
		Feed: m.feed, Fault: m.fault, Recording: m.recording, Mode: m.tail.mode, View: m.view,
		Filter: m.filter, Terms: m.filter.Terms(), Tally: m.tally.minus(&m.cleared.tally),
		Held: m.store.end - max(m.store.oldest, m.cleared.from), Shown: m.found.len(),
		Evicted: m.store.evicted, ServerEvicted: m.serverEvicted, PayloadBytes: m.store.arena.size,
		Scanning: m.scanning(), CanUndo: m.undo != nil,
	}
	m.searchStatus(&s)
	s.Facets = m.facetCounts()
	if k := m.conns.byID[m.filter.Conn]; k != nil {
		base := m.cleared.conns[k.ID]
		s.Tally = k.Tally.minus(&base)
	}
	s.Hidden = s.Tally.Rows[m.view]
	s.Hidden -= min(s.Hidden, uint64(s.Shown))
	return s
}

// MaxListed is how many connections [Model.Conns] returns.
const MaxListed = 200

// Conns returns copies of the connections that live or have rows since the last Clear, newest first and at most
// [MaxListed], and how many more there are.
func (m *Model) Conns() (list []Conn, more int) {
	for _, k := range slices.Backward(m.conns.order) {
		gone := k.State == Closed || k.State == Refused
		switch {
		case gone && k.last < m.cleared.from:
		case len(list) == MaxListed:
			more++
		default:
			c := *k
			base := m.cleared.conns[k.ID]
			c.Tally = k.Tally.minus(&base)
			list = append(list, c)
		}
	}
	return list, more
}

// Total returns what both directions add up to.
func Total(n [2]uint64) uint64 { return n[record.Out] + n[record.In] }

package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// Status is what the toolbar and the status bar show.
type Status struct {
	Feed          Feed
	Fault         string // the last malformed batch
	Recording     bool
	Mode          Mode
	View          rows.View
	Filter        rows.Filter
	Terms         []rows.Term
	Draft         string       // what is in the filter box
	Problem       *query.Error // what is wrong with it; the query before it stays active
	Find          bool         // the query marks rows and hides none
	Hits          int          // rows that the query marks
	HitAt         int          // which of them is selected, from 1 up; 0 for none
	Progress      int          // of a scan, in percent
	Partial       bool         // the last scan was stopped: rows were not asked
	Facets        Facets       // what the chips would show
	Tally         rows.Tally   // since the last Clear; of the one connection when the filter names one
	Kept          uint64       // rows that the panel keeps
	Shown         int          // of them, how many the view and the filter show
	Hidden        uint64       // rows of the view that the filter hides
	Evicted       uint64       // rows evicted to stay within the limits
	ServerEvicted uint64       // records that the server's ring evicted
	PayloadBytes  int          // taken by payloads, evicted only when rows are
	Scanning      bool
	Chosen        int   // rows that are selected, when there are several; 0 otherwise
	Times         Times // what the column of times shows
	Sorting       Sorting
	Layout        Layout
	CanUndo       bool // a Clear can be taken back
}

// ModeLabel returns in the words of the status bar what the view does when rows come in, and by what it is sorted.
func (s *Status) ModeLabel() string {
	switch {
	case s.Sorting.Pending:
		return "Sorting…"
	case s.Sorting.Column != "" && s.Sorting.Descending:
		return "Frozen, sorted by " + s.Sorting.Column + " ↓"
	case s.Sorting.Column != "":
		return "Frozen, sorted by " + s.Sorting.Column + " ↑"
	}
	return s.Mode.Label()
}

package model

import "github.com/tetherscope/tetherscope/panel/model/rows"

// Mode is what the view does when rows come in.
type Mode uint8

// The modes.
const (
	Follow Mode = iota // the last row stays in sight
	Paused             // auto-scroll is off: the rows on the screen stay where they are; new ones are counted
	Frozen             // as Paused, and no new row is shown even below; capture goes on
)

// String returns the mode's name in capitals, which style sheets and tests use. Users read [Mode.Label].
func (m Mode) String() string {
	switch m {
	case Follow:
		return "FOLLOW"
	case Paused:
		return "PAUSED"
	case Frozen:
		return "FROZEN"
	}
	return "unknown"
}

// Label returns the mode in the words of the status bar, which screen readers speak.
func (m Mode) Label() string {
	switch m {
	case Follow:
		return "Auto-scroll on"
	case Paused:
		return "Auto-scroll off"
	case Frozen:
		return "Frozen"
	}
	return "unknown"
}

// viewport is where the window stands. It is anchored to a row's ID and not to a place, so that rows evicted above it do not
// move what is being read.
type viewport struct {
	search *search
	mode   Mode
	anchor uint64 // Paused, Frozen: ID of the first row in the window
	seen   uint64 // Paused, Frozen: the first row ID that was never in the window; newer ones are "new"
	end    uint64 // Frozen: rows from this ID on are not shown
	back   Mode   // Frozen: what to return to
	rows   int    // how many rows fit into the window
}

// total returns how many matches there are to scroll through.
func (v *viewport) total() int {
	if v.search.order.sorted() {
		return v.search.order.len()
	}
	return v.found()
}

// found returns how many matches there are in the order of time.
func (v *viewport) found() int {
	if v.mode == Frozen {
		return v.search.found.before(v.end)
	}
	return v.search.found.len()
}

// first returns which match is the first in the window.
func (v *viewport) first() int {
	last := max(0, v.total()-v.rows)
	if v.mode == Follow {
		return last
	}
	return min(v.search.list().before(v.anchor), last)
}

// hold keeps the window where it is; rows that come from now on are new.
func (v *viewport) hold() {
	if v.mode != Follow {
		return
	}
	v.setFirst(v.first())
	v.mode = Paused
	v.seen = v.search.store.End()
}

// setFirst puts match i at the top of the window.
func (v *viewport) setFirst(i int) {
	i = max(0, min(i, v.total()-v.rows))
	if list := v.search.list(); i < list.len() {
		v.anchor = list.at(i)
	}
	if v.search.order.sorted() {
		return
	}
	if below := i + v.rows; below <= v.search.found.len() && below > 0 {
		v.seen = max(v.seen, v.search.found.at(below-1)+1)
	}
}

// follow goes to the last row and stays there.
func (v *viewport) follow() { v.mode = Follow }

// freeze stops or restarts the view.
func (v *viewport) freeze(on bool) {
	switch {
	case on && v.mode != Frozen:
		back := v.mode
		v.hold()
		v.mode, v.back, v.end = Frozen, back, v.search.store.End()
		v.seen = v.search.store.End()
	case !on && v.mode == Frozen:
		v.mode = Paused
		if v.back == Follow {
			v.mode = Follow
		}
	}
}

// scrolled is what the person did: match first is now at the top. At the end the view follows again.
func (v *viewport) scrolled(first int, atEnd bool) {
	if atEnd && v.mode != Frozen {
		v.follow()
		return
	}
	v.hold()
	v.setFirst(first)
}

// unseen returns how many matches came below the window while auto-scroll was off.
func (v *viewport) unseen() int {
	if v.mode == Follow {
		return 0
	}
	return v.search.found.len() - v.search.found.before(v.seen)
}

// reveal scrolls as little as possible to bring match i into the window.
func (v *viewport) reveal(i int) {
	first := v.first()
	switch {
	case i < first:
		v.setFirst(i)
	case i >= first+v.rows:
		v.setFirst(i - v.rows + 1)
	default:
		v.setFirst(first)
	}
}

// resize changes how many rows fit. The row with ID keep stays in sight if it was.
func (v *viewport) resize(rows int, keep uint64) {
	rows = max(1, rows)
	if v.mode == Follow || rows == v.rows {
		v.rows = rows
		return
	}
	first, before := v.first(), v.rows
	v.rows = rows
	v.setFirst(first)
	if i := v.search.list().before(keep); i >= first && i < first+before && i < v.total() {
		v.reveal(i)
	}
}

// show brings a row into sight and reports whether it is among the matches.
func (v *viewport) show(id uint64) bool {
	list := v.search.list()
	i := list.before(id)
	if i >= v.total() || list.at(i) != id {
		return false
	}
	v.hold()
	v.reveal(i)
	return true
}

// beside returns the match so many places from a selected row, and the last in the window when none is selected.
func (v *viewport) beside(selected uint64, by int) int {
	total, found := v.total(), v.search.list()
	i := min(v.first()+v.rows, total) - 1
	if selected != rows.None {
		i = found.before(selected)
		if by > 0 && (i >= total || found.at(i) != selected) {
			i-- // the selected row is not shown: the next one is already at i
		}
		i += by
	} else if by < -1 {
		i = 0
	}
	return max(0, min(i, total-1))
}

package model

import "strconv"

// Window is what the grid shows now.
type Window struct {
	First    int // which match is at the top, from 0 up
	Total    int // matches to scroll through
	Lines    []Line
	Mode     Mode
	Unseen   int // matches below that were never shown
	Selected int // place among the matches of the selected row, -1 when it is not among them
	Scanning bool
	Times    Times
	Sorting  Sorting
	Layout   Layout
}

// Window returns the rows on the screen and one more on each side, so that the first and the last can be cut.
func (m *Model) Window() Window {
	v := &m.viewport
	w := Window{
		First: v.first(), Total: v.total(), Mode: v.mode, Unseen: v.unseen(),
		Selected: -1, Scanning: m.search.scanning(), Times: m.grid.times, Sorting: m.search.order.by, Layout: m.grid.layout,
	}
	from := max(0, w.First-1)
	for i := from; i < min(w.First+v.rows+1, w.Total); i++ {
		l := m.grid.line(i)
		if l.Selected {
			w.Selected = i
		}
		w.Lines = append(w.Lines, l)
	}
	m.grid.setPairs(w.Lines, from)
	return w
}

// Extent returns how many matches there are to scroll through, and how many below were never shown.
func (m *Model) Extent() (total, unseen int) {
	return m.viewport.total(), m.viewport.unseen()
}

// The separators of a packed window. No cell has them in it: previews show control characters as pictures.
const (
	CellEnd = '\x1f'
	RowEnd  = '\x1e'
)

// Pack appends the rows to dst as one string for the painter: for each row its class names, ID, number and cells.
func (w *Window) Pack(dst []byte) []byte {
	for i := range w.Lines {
		r := &w.Lines[i]
		if i > 0 {
			dst = append(dst, RowEnd)
		}
		dst = append(append(dst, r.Look...), CellEnd)
		dst = append(strconv.AppendUint(dst, r.ID, 10), CellEnd)
		dst = strconv.AppendInt(dst, int64(r.Number), 10)
		for c := range Columns {
			dst = append(append(dst, CellEnd), Columns[c].Cell(r)...)
		}
	}
	return dst
}

package model

import (
	"strconv"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// Row is one line of the grid: plain strings, ready for text nodes.
type Row struct {
	ID       uint64
	Number   int    // place among the matches, from 1 up: aria-rowindex
	Seq      string // record number
	Time     string // time of day
	Delta    string // since the match before
	Gap      string // since the row before on the same connection
	WayGap   string // since the frame before in the same direction of the connection
	Conn     string
	Arrow    string // ↑ sent by the client, ↓ received
	Type     string
	Key      string // masking key
	Ratio    string // of length to wire
	Took     string // of an answer: since what it answers
	Meaning  string // what a decoder makes of it
	Flags    string // FIN ■ or □, RSV digits or ·, z compressed
	Length   string // of the message or payload, → what it took on the wire
	Preview  string
	Note     string // fragments, violations
	Look     string // class names: "out text final selected …"
	Selected bool
}

// Window is what the grid shows now.
type Window struct {
	First    int // which match is at the top, from 0 up
	Total    int // matches to scroll through
	Rows     []Row
	Mode     Mode
	Unseen   int // matches below that were never shown
	Selected int // place among the matches of the selected row, -1 when it is not among them
	Scanning bool
}

// Window returns the rows on the screen and one more on each side, so that the first and the last can be cut.
func (m *Model) Window() Window {
	w := Window{
		First: m.first(), Total: m.total(), Mode: m.tail.mode, Unseen: m.unseen(),
		Selected: -1, Scanning: m.scanning(),
	}
	for i := max(0, w.First-1); i < min(w.First+m.tail.rows+1, w.Total); i++ {
		r := m.rowAt(i)
		if r.Selected {
			w.Selected = i
		}
		w.Rows = append(w.Rows, r)
	}
	return w
}

// Extent returns how many matches there are to scroll through, and how many below were never shown.
func (m *Model) Extent() (total, unseen int) { return m.total(), m.unseen() }

// rowAt returns match i as a row.
func (m *Model) rowAt(i int) Row {
	id := m.found.at(i)
	pg, k := m.store.row(id)
	r := Row{
		ID: id, Number: i + 1,
		Seq:      rowSeq(pg, k),
		Time:     clock(pg.time[k], m.zone),
		Delta:    m.delta(i),
		Type:     rowLabel(pg, k, m.view),
		Preview:  rowPreview(&m.store, pg, k, m.view),
		Selected: m.detail.selected && m.detail.id == id,
	}
	if pg.conn[k] != 0 {
		r.Conn = ConnLabel(pg.conn[k])
	}
	if hasDir(pg, k) {
		r.Arrow = arrow(rowDir(pg, k))
	}
	if pg.kind[k] == record.KindFrame {
		r.Flags = flagCells(pg, k)
		r.Length = rowLength(pg, k, m.view)
		r.Note = m.rowNote(pg, k)
		r.setTimes(pg, k)
		if gap := m.wayGap(id, pg, k); gap >= 0 {
			r.WayGap = span(gap)
		}
		r.Meaning = m.briefs.of[id]
	}
	if mark := pg.marks[k].String(); mark != "" {
		r.Note = mark + sep(r.Note != "") + r.Note
	}
	r.Look = m.rowLook(id, pg, k, r.Selected)
	m.markRow(&r)
	return r
}

func (m *Model) delta(i int) string {
	if i == 0 {
		return ""
	}
	pg, k := m.store.row(m.found.at(i))
	before, b := m.store.row(m.found.at(i - 1))
	return span(pg.time[k] - before.time[b])
}

func arrow(d record.Dir) string {
	if d == record.In {
		return "↓"
	}
	return "↑"
}

// rowLabel returns the type cell: the type, or for an event what happened.
func rowLabel(pg *page, i int, v View) string {
	switch pg.kind[i] {
	case record.KindFrame:
		t := rowType(pg, i, v)
		if t == TypeReserved {
			return "0x" + strconv.FormatUint(uint64(pg.first[i]&0xF), 16)
		}
		return t.String()
	case kindGap:
		return "gap"
	case record.KindClose:
		return "closed"
	case record.KindNote:
		return noteWord(pg.code[i])
	case record.KindRequest, record.KindResponse, record.KindEnd, record.KindBroken, record.KindPassed:
	}
	return pg.kind[i].String()
}

// flagCells returns FIN, the RSV bits and compression as three characters with spaces between.
func flagCells(pg *page, i int) string {
	if pg.flags[i]&rowPage != 0 {
		return unknown + " " + unknown + " " + unknown
	}
	fin, rsv, z := "□", "·", "·"
	if pg.first[i]&0x80 != 0 {
		fin = "■"
	}
	if bits := pg.first[i] >> 4 & 7; bits != 0 {
		rsv = ""
		for n, bit := range [...]uint8{frame.RSV1, frame.RSV2, frame.RSV3} {
			if bits&bit != 0 {
				rsv += strconv.Itoa(n + 1)
			}
		}
	}
	if pg.flags[i]&rowCompressed != 0 {
		z = "z"
	}
	return fin + " " + rsv + " " + z
}

func rowLength(pg *page, i int, v View) string {
	final := pg.flags[i]&rowFinal != 0
	if final && pg.flags[i]&rowPage != 0 {
		return Size(pg.inflated[i])
	}
	if final && (v == Messages || pg.frames[i] == 1) {
		return sizePair(pg.inflated[i], pg.wire[i])
	}
	return Size(pg.length[i])
}

// rowNote returns the cell at the end: how a message is put together and how many rules are broken.
func (m *Model) rowNote(pg *page, i int) string {
	v, note := m.view, ""
	switch {
	case pg.flags[i]&rowTruncated != 0:
		note = "cut off"
	case v == Messages && pg.frames[i] > 1:
		note = Count(uint64(pg.frames[i])) + " frames"
	case v == Frames && pg.message[i] > 0 && isPart(pg, i):
		note = m.partNote(pg, i)
	}
	if n := frame.Violations(pg.violations[i]).Count(); n > 0 {
		if note != "" {
			note += " · "
		}
		note += "⚠ " + strconv.Itoa(n)
	}
	return note
}

// rowLook returns the class names of a row.
func (m *Model) rowLook(id uint64, pg *page, i int, selected bool) string {
	v := m.view
	look := rowType(pg, i, v).String()
	if hasDir(pg, i) {
		look += " " + rowDir(pg, i).String()
	}
	if pg.kind[i] == record.KindFrame && pg.first[i]&8 != 0 {
		look += " control"
	}
	if v == Frames && isPart(pg, i) {
		look += m.partLook(id, pg, i)
	}
	if pg.marks[i] != 0 {
		look += " acted"
	}
	if pg.violations[i] != 0 || pg.kind[i] == record.KindBroken {
		look += " wrong"
	}
	if pg.kind[i] == record.KindClose && !ordinaryClose(pg.code[i]) {
		look += " alarm"
	}
	if selected {
		look += " selected"
	}
	return look
}

// ordinaryClose reports whether a close code is how connections end every day.
func ordinaryClose(code uint16) bool {
	return code == 1000 || code == 1001 || code == frame.CodeNoStatus
}

// The separators of a packed window. No cell has them in it: previews show control characters as pictures.
const (
	CellEnd = '\x1f'
	RowEnd  = '\x1e'
)

// noteworthy is from how many ns in the proxy on a row says so: it is more than passing takes.
const noteworthy = 10_000_000

// setTimes fills in what the optional columns show of a frame.
func (r *Row) setTimes(pg *page, i int) {
	if pg.delta[i] >= 0 {
		r.Gap = span(pg.delta[i])
	}
	if pg.took[i] > 0 {
		r.Took = Duration(pg.took[i])
		word := "took "
		if pg.first[i]&8 != 0 {
			word = "rtt "
		}
		r.Note = word + r.Took + sep(r.Note != "") + r.Note
	}
	if pg.stood[i] >= noteworthy {
		r.Note = "stood " + Duration(pg.stood[i]) + sep(r.Note != "") + r.Note
	}
	if pg.flags[i]&rowPage != 0 {
		r.Key, r.Ratio = unknown, unknown
		return
	}
	if pg.flags[i]&rowMasked != 0 {
		r.Key = hexPreview(pg.key[i][:], 4)
	}
	if pg.flags[i]&rowFinal != 0 && pg.wire[i] > 0 && pg.wire[i] != pg.inflated[i] {
		r.Ratio = threeDigits(float64(pg.inflated[i]) / float64(pg.wire[i]))
	}
}

// Pack appends the rows to dst as one string for the painter: for each row its class names, ID, number and cells.
func (w *Window) Pack(dst []byte) []byte {
	for i := range w.Rows {
		r := &w.Rows[i]
		if i > 0 {
			dst = append(dst, RowEnd)
		}
		dst = append(append(dst, r.Look...), CellEnd)
		dst = append(strconv.AppendUint(dst, r.ID, 10), CellEnd)
		dst = strconv.AppendInt(dst, int64(r.Number), 10)
		for _, cell := range [...]string{
			r.Seq, r.Time, r.Delta, r.Gap, r.WayGap, r.Conn, r.Arrow, r.Type, r.Flags, r.Key, r.Length, r.Ratio, r.Took,
			r.Preview, r.Meaning, r.Note,
		} {
			dst = append(append(dst, CellEnd), cell...)
		}
	}
	return dst
}

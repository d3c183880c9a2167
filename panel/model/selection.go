package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// selection is the selected row or connection, and how its detail is shown. It has a copy of the record, so that the detail
// stays readable when its row is evicted.
type selection struct {
	store      *rows.Store
	conns      *conns
	selected   bool
	connOnly   bool // a connection is looked at and no row
	id         uint64
	conn       uint32
	rec        record.Record
	gap        rows.GapReason // of a gap row
	opcode     frame.Opcode
	compressed bool
	cutPayload bool // fewer bytes were kept than the frame had
	fragments  []uint64
	tab        Tab
	shape      Shape
	bytesAs    BytesAs
	page       int
	highlight  int     // line of the decoded view that is highlighted, plus 1; 0 for none
	bytePage   int     // of the bytes below the decoded view
	view       *viewOf // the decoded view, once it was asked for
	folded     map[int]bool
	more       several
}

func newSelection(s *rows.Store, c *conns) selection {
	return selection{store: s, conns: c, folded: map[int]bool{}}
}

func (d *selection) clear() {
	*d = selection{store: d.store, conns: d.conns, tab: d.tab, shape: d.shape, bytesAs: d.bytesAs, folded: map[int]bool{}}
}

// pick selects a kept row and copies what the detail needs.
func (d *selection) pick(id uint64) {
	if d.rowID() == id {
		d.more = several{}
		return
	}
	d.clear()
	r := d.store.Row(id)
	d.selected, d.id, d.conn = true, id, r.Conn()
	d.rec = d.conns.record(r)
	d.gap = r.Gap()
	d.opcode, d.compressed = r.MessageOpcode(), r.Compressed()
	d.cutPayload = r.IsFrame() && uint64(r.Kept()) < r.Length()
	d.fragments = r.Parts()
}

// refresh takes the selected row's bytes again: more of them have come.
func (d *selection) refresh() {
	r, ok := d.row()
	if !ok {
		return
	}
	d.rec = d.conns.record(r)
	d.cutPayload = r.IsFrame() && uint64(r.Kept()) < r.Length()
	d.view = nil
}

// inspect selects a connection without a row.
func (d *selection) inspect(conn uint32) {
	d.clear()
	d.selected, d.connOnly, d.conn, d.tab = true, true, conn, TabHandshake
}

// rowID returns the ID of the selected row, [rows.None] for none.
func (d *selection) rowID() uint64 {
	if !d.selected || d.connOnly {
		return rows.None
	}
	return d.id
}

// row returns the selected row, and false when there is none or it is evicted.
func (d *selection) row() (rows.Row, bool) {
	id := d.rowID()
	if !d.store.Has(id) {
		return rows.Row{}, false
	}
	return d.store.Row(id), true
}

// isData reports whether the selected row is a data frame.
func (d *selection) isData() bool {
	return !d.connOnly && d.rec.Kind == record.KindFrame && !d.rec.Header.Opcode.IsControl()
}

// sameMessage reports whether a row is another part of the message that the selected row belongs to.
func (d *selection) sameMessage(r rows.Row) bool {
	return d.rowID() != rows.None && d.id != r.ID() && d.rec.Message != 0 && d.rec.Message == r.Message() &&
		d.conn == r.Conn() && r.SameStream(d.rec.Leg, d.rec.Dir)
}

// contentLength returns how many bytes the message has, or else the frame.
func (d *selection) contentLength() uint64 {
	if d.rec.Final {
		return d.rec.Inflated
	}
	return d.rec.Header.Length
}

// cutNote says that the message is not all there, "" when it is.
func (d *selection) cutNote() string {
	payload, message := d.rec.NotKept()
	kept, whole := uint64(len(d.rec.Bytes())), d.contentLength()
	if d.connOnly || payload+message == 0 || kept >= whole {
		return ""
	}
	return " · cut: the capture kept the first " + format.Count(kept) + " of " + format.Plural(whole, "byte")
}

// reread forgets what was understood of the selected message, so that it is decoded again.
func (d *selection) reread() { d.view, d.highlight, d.page, d.bytePage = nil, 0, 0, 0 }

package model

import (
	"bytes"
	"math"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// Tab is what the detail shows of the selected row.
type Tab uint8

// The tabs, in the order of their keys 1 to 7.
const (
	TabMessage Tab = iota
	TabFrame
	TabHex
	TabHandshake
	TabClose
	TabDecoded
	TabDiff
	NumTabs
)

// String returns the tab's name.
func (t Tab) String() string {
	switch t {
	case TabMessage:
		return "Message"
	case TabFrame:
		return "Frame"
	case TabHex:
		return "Hex"
	case TabHandshake:
		return "Handshake"
	case TabClose:
		return "Close"
	case TabDecoded:
		return "Decoded"
	case TabDiff:
		return "Diff"
	case NumTabs:
	}
	return "unknown"
}

// Fact is one line of a list of names and values.
type Fact struct{ Name, Value, Note string }

// Detail is what the detail pane shows. Only the part of the tab that is open is filled in.
type Detail struct {
	None       bool // nothing is selected
	Title      string
	Sub        string
	ID         uint64
	Seq        uint64 // of the record; 0 for a connection
	Marked     bool
	Marks      string // what this program did itself: "injected"
	Note       string
	Gone       bool // the row was evicted since; what is shown is a copy
	Tab        Tab
	Violations []frame.Violation
	Message    *MessageDetail
	Frame      *FrameDetail
	Hex        *HexDetail
	Handshake  *HandshakeDetail
	Close      *CloseDetail
	Decoded    *DecodedDetail
	Diff       *DiffDetail
	Pair       *PairLink
}

// detailState is the selection: a copy of the record, so that it stays readable when its row is evicted.
type detailState struct {
	selected   bool
	connOnly   bool // a connection is looked at and no row
	id         uint64
	conn       uint32
	rec        record.Record
	gap        gapReason // of a gap row
	opcode     frame.Opcode
	compressed bool
	cutPayload bool // fewer bytes were kept than the frame had
	fragments  []uint64
	tab        Tab
	shape      Shape
	bytesAs    BytesAs
	page       int
	lit        int     // line of the decoded view that is chosen, plus 1; 0 for none
	bytePage   int     // of the bytes below the decoded view
	view       *viewOf // the decoded view, once it was asked for
	folded     map[int]bool
}

func newDetailState() detailState { return detailState{folded: map[int]bool{}} }

func (d *detailState) unselect() {
	*d = detailState{tab: d.tab, shape: d.shape, bytesAs: d.bytesAs, folded: map[int]bool{}}
}

// pick selects a held row and copies what the detail needs.
func (m *Model) pick(id uint64) {
	d := &m.detail
	if d.selected && !d.connOnly && d.id == id {
		return
	}
	d.unselect()
	pg, i := m.store.row(id)
	d.selected, d.id, d.conn = true, id, pg.conn[i]
	d.rec = m.recordAt(id)
	d.gap = gapReason(pg.code[i])
	d.opcode, d.compressed = pg.opcode[i], pg.flags[i]&rowCompressed != 0
	d.cutPayload = pg.kind[i] == record.KindFrame && uint64(pg.kept[i]) < pg.length[i]
	d.fragments = m.fragments(id)
}

// recordAt returns a held row as the record that it came from, with its own copies of the bytes.
func (m *Model) recordAt(id uint64) record.Record {
	pg, i := m.store.row(id)
	payload := bytes.Clone(m.store.payload(pg, i))
	r := record.Record{
		Seq: pg.seq[i], Time: pg.time[i], Conn: pg.conn[i], Kind: pg.kind[i],
		Leg: record.Leg(pg.way[i] >> 1), Dir: rowDir(pg, i), Offset: pg.offset[i], Marks: pg.marks[i],
	}
	if pg.flags[i]&rowPage != 0 {
		r.Source = record.SourcePage
	}
	switch r.Kind {
	case record.KindFrame:
		r.Payload = payload
		m.frameAt(pg, i, &r)
	case record.KindRequest, record.KindResponse:
		r.Head = payload
		k := m.conns.byID[r.Conn]
		switch {
		case r.Kind == record.KindRequest:
			r.Name, r.Remote = m.store.parties(pg, i)
			if k != nil {
				r.Waited = k.waited
			}
		case k != nil:
			r.Reached = k.reached
		}
	case record.KindPassed: // no row
	case record.KindNote:
		r.Name, r.Reason = noteWord(pg.code[i]), string(payload)
	case record.KindClose, record.KindEnd, record.KindBroken:
		r.Reason, r.Code, r.By, r.Clean = string(payload), pg.code[i], record.Side(pg.size[i]), pg.flags[i]&rowClean != 0
	}
	return r
}

func (m *Model) frameAt(pg *page, i int, r *record.Record) {
	flags := pg.flags[i]
	r.Header = frame.Header{
		Fin: pg.first[i]&0x80 != 0, Rsv: pg.first[i] >> 4 & 7, Opcode: frame.Opcode(pg.first[i] & 0xF),
		Masked: flags&rowMasked != 0, Key: pg.key[i], Length: pg.length[i], Size: pg.size[i],
	}
	r.Violations, r.Message = frame.Violations(pg.violations[i]), pg.message[i]
	r.Truncated, r.Final, r.Compressed = flags&rowTruncated != 0, flags&rowFinal != 0, flags&rowCompressed != 0
	r.Wire, r.Inflated = pg.wire[i], pg.inflated[i]
	if r.Final {
		r.Frames = pg.frames[i]
	}
	if flags&rowHasBody != 0 {
		r.Body = bytes.Clone(m.store.content(pg, i))
	}
}

func (m *Model) updateDetail(msg Msg) {
	d := &m.detail
	switch msg := msg.(type) {
	case Inspect:
		d.unselect()
		d.selected, d.connOnly, d.conn, d.tab = true, true, msg.Conn, TabHandshake
	case SetTab:
		d.tab, d.page = msg.Tab, 0
	case SetShape:
		d.shape, d.page = msg.Shape, 0
	case SetDecoder:
		m.setDecoder(msg.Name)
	case GoPair:
		m.goPair()
	case SetBytes:
		d.bytesAs = msg.As
	case Light:
		m.light(msg.Line)
	case LightNext:
		m.lightNext(msg.By)
	case LightAt:
		m.light(m.decodedView().At(msg.Offset))
	case SetBytePage:
		d.bytePage = max(0, msg.Page)
	case SetPage:
		d.page = max(0, msg.Page)
	case Fold:
		d.folded[msg.Offset] = !d.folded[msg.Offset]
	}
}

// shownTab returns the tab to show: of an event the one that can say something about it.
func (d *detailState) shownTab() Tab {
	switch {
	case d.connOnly && d.tab != TabClose:
		return TabHandshake
	case d.connOnly || d.tab == TabHandshake || d.tab == TabClose:
		return d.tab
	}
	switch d.rec.Kind {
	case record.KindRequest, record.KindResponse:
		return TabHandshake
	case record.KindClose, record.KindEnd, record.KindBroken:
		return TabClose
	case record.KindNote:
		return TabMessage
	case record.KindFrame, record.KindPassed:
	}
	return d.tab
}

// Detail returns what the detail pane shows.
func (m *Model) Detail() Detail {
	d := &m.detail
	if !d.selected {
		return Detail{None: true, Tab: d.tab}
	}
	out := Detail{
		Title: d.title(), Sub: m.detailSub(), Tab: d.shownTab(),
		Gone: !d.connOnly && !m.store.held(d.id), ID: d.id, Seq: d.rec.Seq, Marks: d.rec.Marks.String(),
	}
	if !d.connOnly {
		out.Note, out.Marked = m.marks.get(d.id)
	}
	for v := range d.rec.Violations.All() {
		out.Violations = append(out.Violations, v)
	}
	out.Pair = m.pairLink()
	switch out.Tab {
	case TabMessage:
		out.Message = m.messageDetail()
	case TabFrame:
		out.Frame = d.frameDetail()
		if !out.Frame.NotAFrame {
			out.Frame.Facts = append(out.Frame.Facts, m.stoodFact()...)
		}
	case TabHex:
		out.Hex = d.hexDetail()
	case TabHandshake:
		out.Handshake = m.handshakeDetail()
	case TabClose:
		out.Close = m.closeDetail()
	case TabDecoded:
		out.Decoded = m.decodedDetail()
	case TabDiff:
		out.Diff = m.diffDetail()
	case NumTabs:
	}
	return out
}

// Selected returns the ID of the selected row, and the largest number there is when none is selected.
func (m *Model) Selected() uint64 {
	if d := &m.detail; d.selected && !d.connOnly {
		return d.id
	}
	return math.MaxUint64
}

// Selection returns the number of the selected record and its note; 0 when no row is selected.
func (m *Model) Selection() (seq uint64, note string) {
	if d := &m.detail; d.selected && !d.connOnly && d.conn < pageConns {
		return d.rec.Seq, m.marks.notes[d.id]
	}
	return 0, ""
}

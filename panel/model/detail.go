package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// Detail is what the detail pane shows. Only the part of the tab that is open is filled in.
type Detail struct {
	None       bool // nothing is selected
	Title      string
	Sub        string
	ID         uint64
	Seq        uint64 // of the record; 0 for a connection
	Conn       uint32 // its connection, 0 for none
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

// shownTab returns the tab to show: of an event the one that can say something about it.
func shownTab(d *selection) Tab {
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
	case record.KindFrame, record.KindTransit:
	}
	return d.tab
}

// detailOf returns what the detail pane shows.
func detailOf(d *details) Detail {
	s := d.sel
	if !s.selected {
		return Detail{None: true, Tab: s.tab}
	}
	out := Detail{
		Title: titleOf(s), Sub: subtitle(d), Tab: shownTab(s),
		Gone: !s.connOnly && !s.store.Has(s.id), ID: s.id, Seq: s.rec.Seq, Conn: s.conn, Marks: s.rec.Marks.String(),
	}
	if !s.connOnly {
		out.Note, out.Marked = d.marks.get(s.id)
	}
	for v := range s.rec.Violations.All() {
		out.Violations = append(out.Violations, v)
	}
	out.Pair = pairLink(d)
	switch out.Tab {
	case TabMessage:
		out.Message = messageDetail(d)
	case TabFrame:
		out.Frame = frameDetail(s)
		if !out.Frame.NotAFrame {
			out.Frame.Facts = append(out.Frame.Facts, proxyFact(d)...)
		}
	case TabHex:
		out.Hex = hexDetail(s)
	case TabHandshake:
		out.Handshake = handshakeDetail(d)
	case TabClose:
		out.Close = closeDetail(d)
	case TabDecoded:
		out.Decoded = decodedDetail(d)
	case TabDiff:
		out.Diff = diffDetail(d)
	case NumTabs:
	}
	return out
}

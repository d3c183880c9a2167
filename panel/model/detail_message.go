package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/render"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// MessageDetail is the Message tab.
type MessageDetail struct {
	Facts     []Fact
	Shape     Shape // as shown: never ShapeAuto
	Auto      bool  // the shape was chosen for the person
	Text      string
	JSON      []render.JSONLine
	JSONError string
	Hex       []render.HexLine
	Page      render.ResultPage
	Cut       string // says that the bytes were cut on capture
	Fragments []FragmentLink
	Hidden    int // fragments not listed
}

func messageDetail(d *details) *MessageDetail {
	s := d.sel
	if s.rec.Kind == rows.KindGap {
		return &MessageDetail{Shape: ShapeText, Text: rows.GapText(missingRecords(s), s.gap)}
	}
	content := s.rec.Bytes()
	if s.rec.Kind == record.KindNote {
		content = []byte(s.rec.Reason)
	}
	out := &MessageDetail{Facts: messageFacts(s), Auto: s.shape == ShapeAuto, Shape: s.shape}
	if out.Auto {
		out.Shape = autoShape(content, s.opcode)
	}
	switch out.Shape {
	case ShapeJSON:
		out.JSON, out.JSONError = render.JSONTree(content, s.folded)
	case ShapeHex:
		out.Page = render.ResultPageOf(s.page, len(content), render.HexPage)
		out.Hex = render.HexLines(content, nil, out.Page.Index)
	case ShapeText, ShapeAuto:
		out.Page = render.ResultPageOf(s.page, len(content), render.TextPage)
		out.Text = render.Text(content, out.Page.Index)
	}
	if total := s.contentLength(); uint64(len(content)) < total {
		out.Cut = "Truncated: first " + format.Count(uint64(len(content))) + " of " + format.Plural(total, "byte") + d.paging.loading(s.rowID())
	}
	out.Fragments, out.Hidden = fragmentLinks(s)
	return out
}

// missingRecords returns how many records a selected gap row stands for, while it is kept.
func missingRecords(d *selection) uint64 {
	if r, ok := d.row(); ok {
		return r.Missing()
	}
	return 0
}

func messageFacts(d *selection) []Fact {
	r := &d.rec
	if r.Kind != record.KindFrame {
		return nil
	}
	facts := []Fact{{"Direction", r.Dir.Arrow() + " " + sentBy(r.Dir), ""}, {"Type", d.opcode.String(), ""}}
	if !r.Final {
		facts = append(facts, Fact{"Payload", format.Plural(r.Header.Length, "byte"), ""})
		if r.Message > 0 {
			facts = append(facts, Fact{"Message", format.Uint(r.Message), "fragment; the whole message is at its last frame"})
		}
		return facts
	}
	facts = append(facts, Fact{"Length", format.Plural(r.Inflated, "byte"), "as the application gets it"},
		wireFact(d))
	if r.Frames > 1 {
		facts = append(facts, Fact{"Frames", format.Count(uint64(r.Frames)), ""})
	}
	return facts
}

func wireFact(d *selection) Fact {
	if d.rec.Source == record.SourcePage {
		return Fact{"On the wire", unknown, "not visible to a page"}
	}
	return Fact{"On the wire", format.Plural(d.rec.Wire, "byte"), wireNote(&d.rec, d.compressed)}
}

func sentBy(d record.Dir) string {
	if d == record.In {
		return "received by the client"
	}
	return "sent by the client"
}

func wireNote(r *record.Record, compressed bool) string {
	switch {
	case !compressed:
		return "not compressed"
	case r.Inflated == 0 || r.Wire >= r.Inflated:
		return "not compressible"
	}
	return "compressed to " + format.ThreeDigits(100*float64(r.Wire)/float64(r.Inflated)) + " %"
}

func autoShape(b []byte, o frame.Opcode) Shape {
	switch {
	case render.LooksLikeJSON(b):
		return ShapeJSON
	case o == frame.Text || len(b) > 0 && rows.Readable(b):
		return ShapeText
	case len(b) == 0:
		return ShapeText
	}
	return ShapeHex
}

package model

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// Shape is how the Message tab shows bytes.
type Shape uint8

// The shapes. Auto takes JSON for what starts like it, text for what is readable, and hex for the rest.
const (
	ShapeAuto Shape = iota
	ShapeText
	ShapeJSON
	ShapeHex
)

// String returns the shape's name.
func (s Shape) String() string {
	switch s {
	case ShapeAuto:
		return "Auto"
	case ShapeText:
		return "Text"
	case ShapeJSON:
		return "JSON"
	case ShapeHex:
		return "Hex"
	}
	return "unknown"
}

// textPage is how much text one page of the detail has, in bytes.
const textPage = 16 << 10

// Pager says which page is open, from 0 up, and of how many.
type Pager struct{ Page, Pages int }

// FragmentLink leads to one frame of a message.
type FragmentLink struct {
	ID    uint64
	Label string // "2 · #57 · continuation · 1,024"
	Here  bool   // the selected row
	Whole bool   // the frame that ends the message: its row has the whole of it
}

// MessageDetail is the Message tab.
type MessageDetail struct {
	Facts     []Fact
	Shape     Shape // as shown: never ShapeAuto
	Auto      bool  // the shape was chosen for the person
	Text      string
	JSON      []JSONLine
	JSONError string
	Hex       []HexLine
	Pager     Pager
	Cut       string // says that the bytes were cut on capture
	Fragments []FragmentLink
	Hidden    int // fragments not listed
}

func (m *Model) messageDetail() *MessageDetail {
	d := &m.detail
	if d.rec.Kind == kindGap {
		return &MessageDetail{Shape: ShapeText, Text: gapPreview(d.missing(m), d.gap)}
	}
	content := d.rec.Bytes()
	if d.rec.Kind == record.KindNote {
		content = []byte(d.rec.Reason)
	}
	out := &MessageDetail{Facts: d.messageFacts(), Auto: d.shape == ShapeAuto, Shape: d.shape}
	if out.Auto {
		out.Shape = autoShape(content, d.opcode)
	}
	switch out.Shape {
	case ShapeJSON:
		out.JSON, out.JSONError = jsonTree(content, d.folded)
	case ShapeHex:
		out.Pager = pager(d.page, len(content), hexPage)
		out.Hex = hexLines(content, nil, out.Pager.Page)
	case ShapeText, ShapeAuto:
		out.Pager = pager(d.page, len(content), textPage)
		out.Text = plainText(content, out.Pager.Page)
	}
	if total := d.contentLength(); uint64(len(content)) < total {
		out.Cut = "The capture kept the first " + Count(uint64(len(content))) + " of " + Count(total) + " bytes."
	}
	out.Fragments, out.Hidden = m.fragmentLinks()
	return out
}

// missing returns how many records a selected gap row stands for, while it is held.
func (d *detailState) missing(m *Model) uint64 {
	if !m.store.held(d.id) {
		return 0
	}
	pg, i := m.store.row(d.id)
	return pg.length[i]
}

func (d *detailState) contentLength() uint64 {
	if d.rec.Final {
		return d.rec.Inflated
	}
	return d.rec.Header.Length
}

func (d *detailState) messageFacts() []Fact {
	r := &d.rec
	if r.Kind != record.KindFrame {
		return nil
	}
	facts := []Fact{{"Direction", arrow(r.Dir) + " " + sentBy(r.Dir), ""}, {"Type", d.opcode.String(), ""}}
	if !r.Final {
		facts = append(facts, Fact{"Payload", Count(r.Header.Length) + " bytes", ""})
		if r.Message > 0 {
			facts = append(facts, Fact{"Message", utoa(r.Message), "a part of it: the whole message is at its last frame"})
		}
		return facts
	}
	facts = append(facts, Fact{"Length", Count(r.Inflated) + " bytes", "as the application gets it"},
		d.wireFact())
	if r.Frames > 1 {
		facts = append(facts, Fact{"Frames", Count(uint64(r.Frames)), ""})
	}
	return facts
}

func (d *detailState) wireFact() Fact {
	if d.rec.Source == record.SourcePage {
		return Fact{"On the wire", unknown, "a page does not see the wire"}
	}
	return Fact{"On the wire", Count(d.rec.Wire) + " bytes", wireNote(&d.rec, d.compressed)}
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
		return "compression made it no smaller"
	}
	return "compressed to " + threeDigits(100*float64(r.Wire)/float64(r.Inflated)) + " %"
}

func autoShape(b []byte, o frame.Opcode) Shape {
	switch {
	case looksLikeJSON(b):
		return ShapeJSON
	case o == frame.Text || len(b) > 0 && readable(b):
		return ShapeText
	case len(b) == 0:
		return ShapeText
	}
	return ShapeHex
}

func pager(page, length, size int) Pager {
	pages := max(1, (length+size-1)/size)
	return Pager{Page: max(0, min(page, pages-1)), Pages: pages}
}

// plainText returns a page of b as harmless text that keeps line breaks and tabs. Pages begin at whole characters.
func plainText(b []byte, page int) string {
	from := runeStart(b, page*textPage)
	b = b[from:runeStart(b, (page+1)*textPage)]
	var out strings.Builder
	out.Grow(len(b))
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == '\n' || r == '\t' {
			out.WriteRune(r)
		} else if r != '\r' || !bytes.HasPrefix(b, []byte("\r\n")) {
			out.WriteRune(visible(r))
		}
		b = b[size:]
	}
	return out.String()
}

// runeStart returns the first place from at on where a character may start, at most the length of b.
func runeStart(b []byte, at int) int {
	for n := 0; at < len(b) && n < utf8.UTFMax && !utf8.RuneStart(b[at]); n++ {
		at++
	}
	return min(at, len(b))
}

package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/decode"
	"github.com/tetherscope/tetherscope/panel/model/render"
)

// linePage is how many lines of a decoded message one page of the detail has.
const linePage = 200

// DecodedLine is a line of a decoded message.
type DecodedLine struct {
	decode.Line
	Number    int // among all lines of the message, from 0 up
	Highlight bool
}

// DecodedDetail is the Decoded tab.
type DecodedDetail struct {
	Decoder  string // that was used; "" when nothing fits
	Sure     string // how sure that is, in a word; "chosen" when a person chose it
	Chosen   string // by a person for this connection; "" when it is guessed
	Options  []string
	Summary  string
	Lines    []DecodedLine
	Page     render.ResultPage
	Bytes    []render.HexLine // a page of the payload; the bytes of the highlighted line have the field "highlight"
	BytePage render.ResultPage
	Picture  *PictureDetail // nil when the payload is no picture
	Schema   *SchemaDetail  // nil when the payload is not Protobuf
	Left     string         // what was left out
	Error    string         // where the payload stops making sense
	Nothing  string         // why there is nothing to decode
}

// PictureDetail is a payload that can be drawn.
type PictureDetail struct {
	decode.Picture
	Data    []byte // not to be changed; nil when it is not drawn
	Refused string // why it is not drawn
}

// Limits of pictures that are drawn: a small file may unpack to any size.
const (
	maxPictureBytes = 8 << 20
	maxPixels       = 32 << 20
	maxPictureSide  = 16_384
)

// decodedView decodes the selected message, once.
func decodedView(d *details) *viewOf {
	s := d.sel
	if s.view != nil {
		return s.view
	}
	s.view = &viewOf{}
	if !s.isData() || !s.rec.Final {
		return s.view
	}
	in := d.decoding.input(&s.rec, s.opcode)
	in.Before = d.decoding.streams.of(s.id)
	s.view.chosen = d.decoding.chosen(s.conn)
	s.view.View, s.view.options = decodeAs(s.view.chosen, in), decoderNames(in)
	return s.view
}

func decodedDetail(d *details) *DecodedDetail {
	out := &DecodedDetail{}
	if !d.sel.isData() {
		out.Nothing = "Only data messages are decoded."
		return out
	}
	if !d.sel.rec.Final {
		out.Nothing = "This frame is a fragment. The message is decoded at its last frame."
		return out
	}
	v := decodedView(d)
	out.Decoder, out.Summary, out.Left, out.Sure = v.Decoder, v.Summary, v.Left, v.Confidence.String()
	out.Chosen, out.Options = v.chosen, v.options
	if out.Chosen != "" {
		out.Sure = "chosen"
	}
	if v.Err != nil {
		out.Error = v.Err.Error()
	}
	if v.Decoder == "" {
		out.Nothing = "No decoder recognises this payload. Choose one."
	}
	decodedLines(d, out, v)
	out.Picture = pictureOf(d.sel, v)
	if v.Decoder == "Protobuf" {
		out.Schema = d.decoding.schema.detail(d.sel.rec.Dir)
	}
	return out
}

// decodedLines fills in a page of the lines, and a page of the bytes that they stand for.
func decodedLines(d *details, out *DecodedDetail, v *viewOf) {
	s := d.sel
	out.Page = render.ResultPageOf(s.page, len(v.Lines), linePage)
	from := min(out.Page.Index*linePage, len(v.Lines))
	for i, l := range v.Lines[from:min(from+linePage, len(v.Lines))] {
		out.Lines = append(out.Lines, DecodedLine{Line: l, Number: from + i, Highlight: s.highlight == from+i+1})
	}
	b := s.rec.Bytes()
	out.BytePage = render.ResultPageOf(s.bytePage, len(b), render.HexPage)
	var marks []render.Mark
	if l := v.line(s.highlight - 1); l != nil && l.From >= 0 {
		marks = []render.Mark{{To: l.From}, {To: l.To, Fields: "highlight"}, {To: len(b)}}
	}
	out.Bytes = render.HexLines(b, marks, out.BytePage.Index)
}

// highlightLine chooses a line and turns to the pages that have it and its bytes. Choosing it again takes the highlight away.
func highlightLine(d *details, n int) {
	s := d.sel
	l := decodedView(d).line(n)
	if l == nil || s.highlight == n+1 {
		s.highlight = 0
		return
	}
	s.highlight, s.page = n+1, n/linePage
	if l.From >= 0 && (l.From/render.HexPage > s.bytePage || max(l.From, l.To-1)/render.HexPage < s.bytePage) {
		s.bytePage = l.From / render.HexPage
	}
}

// highlightNextLine goes from the highlighted line to its neighbour, and from none to the first or the last.
func highlightNextLine(d *details, by int) {
	last := len(decodedView(d).Lines) - 1
	n := d.sel.highlight - 1 + by
	if d.sel.highlight == 0 && by < 0 {
		n = last
	}
	if n = max(0, min(n, last)); n != d.sel.highlight-1 {
		highlightLine(d, n)
	}
}

// pictureOf returns the picture that the message is, and whether it can be drawn.
func pictureOf(d *selection, v *viewOf) *PictureDetail {
	if v.Picture == nil {
		return nil
	}
	p := &PictureDetail{Picture: *v.Picture}
	b := d.rec.Bytes()
	switch {
	case uint64(len(b)) < d.contentLength():
		p.Refused = "Not shown: the picture is truncated."
	case len(b) > maxPictureBytes:
		p.Refused = "Not shown: larger than 8 MiB."
	case p.Width <= 0 || p.Height <= 0 || p.Width > maxPictureSide || p.Height > maxPictureSide || p.Width*p.Height > maxPixels:
		p.Refused = "Not shown: more than 32 million pixels, or more than 16,384 in one direction."
	default:
		p.Data = b
	}
	return p
}

package model

import (
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model/decode"
)

// linePage is how many lines of a decoded message one page of the detail has.
const linePage = 200

// DecodedLine is a line of a decoded message.
type DecodedLine struct {
	decode.Line
	Number int // among all lines of the message, from 0 up
	Lit    bool
}

// DecodedDetail is the Decoded tab.
type DecodedDetail struct {
	Decoder   string // that was used; "" when nothing fits
	Sure      string // how sure that is, in a word; "chosen" when a person chose it
	Chosen    string // by a person for this connection; "" when it is guessed
	Options   []string
	Summary   string
	Lines     []DecodedLine
	Pager     Pager
	Bytes     []HexLine // a page of the payload; the bytes of the line that is lit have the field "lit"
	BytePager Pager
	Picture   *PictureDetail // nil when the payload is no picture
	Schema    *SchemaDetail  // nil when the payload is not Protobuf
	Left      string         // what was left out
	Error     string         // where the payload stops making sense
	Nothing   string         // why there is nothing to decode
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

// viewOf is a decoded message and what else was asked about it: decoding takes long, and a detail is drawn often.
type viewOf struct {
	decode.View
	options []string
	chosen  string
}

// decodedView decodes the selected message, once.
func (m *Model) decodedView() *viewOf {
	d := &m.detail
	if d.view != nil {
		return d.view
	}
	d.view = &viewOf{}
	if d.connOnly || d.rec.Kind != record.KindFrame || d.rec.Header.Opcode.IsControl() || !d.rec.Final {
		return d.view
	}
	in := m.inputOf(&d.rec, d.opcode)
	if k := m.conns.byID[d.conn]; k != nil {
		d.view.chosen = k.decoder
	}
	d.view.View, d.view.options = decodeAs(d.view.chosen, in), decoderNames(in)
	return d.view
}

func (m *Model) decodedDetail() *DecodedDetail {
	d := &m.detail
	out := &DecodedDetail{}
	if d.connOnly || d.rec.Kind != record.KindFrame || d.rec.Header.Opcode.IsControl() {
		out.Nothing = "Only data messages are decoded."
		return out
	}
	if !d.rec.Final {
		out.Nothing = "This frame is a part of a message: the message is decoded at its last frame."
		return out
	}
	v := m.decodedView()
	out.Decoder, out.Summary, out.Left, out.Sure = v.Decoder, v.Summary, v.Left, v.Confidence.String()
	out.Chosen, out.Options = v.chosen, v.options
	if out.Chosen != "" {
		out.Sure = "chosen"
	}
	if v.Err != nil {
		out.Error = v.Err.Error()
	}
	if v.Decoder == "" {
		out.Nothing = "No decoder recognises this payload. One can be chosen."
	}
	m.decodedLines(out, v)
	out.Picture = d.picture(v)
	if v.Decoder == "Protobuf" {
		out.Schema = m.schemaDetail()
	}
	return out
}

// decodedLines fills in a page of the lines, and a page of the bytes that they stand for.
func (m *Model) decodedLines(out *DecodedDetail, v *viewOf) {
	d := &m.detail
	out.Pager = pager(d.page, len(v.Lines), linePage)
	from := min(out.Pager.Page*linePage, len(v.Lines))
	for i, l := range v.Lines[from:min(from+linePage, len(v.Lines))] {
		out.Lines = append(out.Lines, DecodedLine{Line: l, Number: from + i, Lit: d.lit == from+i+1})
	}
	b := d.rec.Bytes()
	out.BytePager = pager(d.bytePage, len(b), hexPage)
	var marks []mark
	if l := v.line(d.lit - 1); l != nil && l.From >= 0 {
		marks = []mark{{l.From, ""}, {l.To, "lit"}, {len(b), ""}}
	}
	out.Bytes = hexLines(b, marks, out.BytePager.Page)
}

// line returns a line of the view, nil for a number that none has.
func (v *viewOf) line(n int) *decode.Line {
	if n < 0 || n >= len(v.Lines) {
		return nil
	}
	return &v.Lines[n]
}

// light chooses a line and turns to the pages that have it and its bytes. Choosing it again lets it go.
func (m *Model) light(n int) {
	d := &m.detail
	l := m.decodedView().line(n)
	if l == nil || d.lit == n+1 {
		d.lit = 0
		return
	}
	d.lit, d.page = n+1, n/linePage
	if l.From >= 0 && (l.From/hexPage > d.bytePage || max(l.From, l.To-1)/hexPage < d.bytePage) {
		d.bytePage = l.From / hexPage
	}
}

// lightNext goes from the chosen line to its neighbour, and from none to the first or the last.
func (m *Model) lightNext(by int) {
	last := len(m.decodedView().Lines) - 1
	n := m.detail.lit - 1 + by
	if m.detail.lit == 0 && by < 0 {
		n = last
	}
	if n = max(0, min(n, last)); n != m.detail.lit-1 {
		m.light(n)
	}
}

// picture returns the picture that the message is, and whether it can be drawn.
func (d *detailState) picture(v *viewOf) *PictureDetail {
	if v.Picture == nil {
		return nil
	}
	p := &PictureDetail{Picture: *v.Picture}
	b := d.rec.Bytes()
	switch {
	case uint64(len(b)) < d.contentLength():
		p.Refused = "Not drawn: the capture kept only the start of it."
	case len(b) > maxPictureBytes:
		p.Refused = "Not drawn: pictures of more than 8 MiB are not."
	case p.Width <= 0 || p.Height <= 0 || p.Width > maxPictureSide || p.Height > maxPictureSide || p.Width*p.Height > maxPixels:
		p.Refused = "Not drawn: pictures of more than 32 million pixels, or 16,384 in a row, are not."
	default:
		p.Data = b
	}
	return p
}

// inputOf returns a message as decoders want it.
func (m *Model) inputOf(r *record.Record, o frame.Opcode) decode.Input {
	in := decode.Input{
		Payload: r.Bytes(), Length: r.Inflated, Text: o == frame.Text, In: r.Dir == record.In, Schema: m.schema.as[r.Dir&1],
	}
	if k := m.conns.byID[r.Conn]; k != nil {
		in.Subprotocol, in.Path = k.Subprotocol, k.target
	}
	return in
}

func decodeAs(name string, in decode.Input) decode.View {
	if d := decode.Named(name); d != nil {
		return decode.Decode(d, in)
	}
	return decode.Best(in)
}

// decoderNames returns the decoders that could read a message, the most likely first, and then the others.
func decoderNames(in decode.Input) (names []string) {
	seen := map[string]bool{}
	for _, g := range decode.Guess(in) {
		names, seen[g.Decoder.Name()] = append(names, g.Decoder.Name()), true
	}
	for _, d := range decode.All() {
		if !seen[d.Name()] {
			names = append(names, d.Name())
		}
	}
	return names
}

// setDecoder chooses the decoder of the selected row's connection. What was understood of it is asked again.
func (m *Model) setDecoder(name string) {
	k := m.conns.byID[m.detail.conn]
	if k == nil || name != "" && decode.Named(name) == nil {
		return
	}
	k.decoder = name
	m.reread()
}

// reread forgets what was understood of messages, so that it is asked again.
func (m *Model) reread() {
	d := &m.detail
	d.view, d.lit, d.page, d.bytePage = nil, 0, 0, 0
	clear(m.briefs.of)
}

// maxBriefs is how many summaries are remembered for the grid; over it all are made again as rows come into sight.
const maxBriefs = 4096

// briefs are the summaries of the rows that were in sight: they are made outside of painting, a few at a time.
type briefs struct{ of map[uint64]string }

// briefCost is what a summary costs of a budget, about what so many rows cost a scan.
const briefCost = 512

// brief decodes rows in the window as far as the budget reaches, and reports whether it decoded one.
func (m *Model) brief(budget int) (did bool) {
	if len(m.briefs.of) > maxBriefs {
		clear(m.briefs.of)
	}
	first := m.first()
	for i := first; i < min(first+m.tail.rows+1, m.total()) && budget > 0; i++ {
		id := m.found.at(i)
		if _, known := m.briefs.of[id]; known {
			continue
		}
		pg, k := m.store.row(id)
		m.briefs.of[id] = ""
		if pg.kind[k] == record.KindFrame && pg.first[k]&8 == 0 && pg.flags[k]&rowFinal != 0 {
			v := m.briefOf(pg, k)
			m.briefs.of[id] = preview([]byte(v.Summary), textPreview)
			did = true
			budget -= briefCost
		}
	}
	return did
}

// briefOf decodes the message that row i of pg ends, for its summary and its pair.
func (m *Model) briefOf(pg *page, i int) decode.View {
	in := decode.Input{
		Payload: m.store.content(pg, i), Length: pg.inflated[i], Text: pg.opcode[i] == frame.Text, In: rowDir(pg, i) == record.In,
		Schema: m.schema.as[rowDir(pg, i)],
	}
	if k := m.conns.byID[pg.conn[i]]; k != nil {
		in.Subprotocol, in.Path = k.Subprotocol, k.target
		if d := decode.Named(k.decoder); k.decoder != "" && d != nil {
			in.Length = max(in.Length, uint64(len(in.Payload)))
			in.Payload = in.Payload[:min(len(in.Payload), maxPairBytes)]
			return decode.Decode(d, in)
		}
	}
	if m.pairs.request != nil {
		return decode.Read(in)
	}
	return decode.Brief(in)
}

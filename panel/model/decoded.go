package model

import (
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model/decode"
)

// linePage is how many lines of a decoded message one page of the detail has.
const linePage = 200

// DecodedDetail is the Decoded tab.
type DecodedDetail struct {
	Decoder string // that was used; "" when nothing fits
	Sure    string // how sure that is, in a word; "chosen" when a person chose it
	Chosen  string // by a person for this connection; "" when it is guessed
	Options []string
	Summary string
	Lines   []decode.Line
	Pager   Pager
	Left    string // what was left out
	Error   string // where the payload stops making sense
	Nothing string // why there is nothing to decode
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
	in := m.inputOf(&d.rec, d.opcode)
	if k := m.conns.byID[d.conn]; k != nil {
		out.Chosen = k.decoder
	}
	v := decodeAs(out.Chosen, in)
	out.Decoder, out.Summary, out.Left, out.Sure = v.Decoder, v.Summary, v.Left, v.Confidence.String()
	if out.Chosen != "" {
		out.Sure = "chosen"
	}
	if v.Err != nil {
		out.Error = v.Err.Error()
	}
	out.Options = decoderNames(in)
	out.Pager = pager(d.page, len(v.Lines), linePage)
	from := out.Pager.Page * linePage
	out.Lines = v.Lines[min(from, len(v.Lines)):min(from+linePage, len(v.Lines))]
	if v.Decoder == "" {
		out.Nothing = "No decoder recognises this payload. One can be chosen."
	}
	return out
}

// inputOf returns a message as decoders want it.
func (m *Model) inputOf(r *record.Record, o frame.Opcode) decode.Input {
	in := decode.Input{Payload: r.Bytes(), Length: r.Inflated, Text: o == frame.Text, In: r.Dir == record.In}
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
	m.detail.page = 0
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
	}
	if k := m.conns.byID[pg.conn[i]]; k != nil {
		in.Subprotocol, in.Path = k.Subprotocol, k.target
		if d := decode.Named(k.decoder); k.decoder != "" && d != nil {
			in.Length = max(in.Length, uint64(len(in.Payload)))
			in.Payload = in.Payload[:min(len(in.Payload), maxPairBytes)]
			return decode.Decode(d, in)
		}
	}
	return decode.Brief(in)
}

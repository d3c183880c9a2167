package model

import (
	"strconv"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/render"
)

// hexHead is how much payload the Frame tab shows, in bytes.
const hexHead = 256

// FrameDetail is the Frame tab.
type FrameDetail struct {
	NotAFrame bool
	Page      bool // a page reported the message: Facts says what is known
	Fields    []Field
	Cells     []Cell
	Facts     []Fact
	Wire      []render.HexLine // header and the start of the payload as they were on the wire
	Plain     []render.HexLine // the same unmasked; nil when there is no mask
	Cut       string
}

func frameDetail(d *selection) *FrameDetail {
	if d.rec.Kind != record.KindFrame {
		return &FrameDetail{NotAFrame: true}
	}
	if d.rec.Source == record.SourcePage {
		return &FrameDetail{Page: true, Facts: pageFacts(d)}
	}
	h := d.rec.Header
	out := &FrameDetail{Fields: headerFields(d)}
	out.Cells = cells(out.Fields, h)
	wire, marks := frameBytes(d, true)
	end := min(len(wire), int(h.Size)+hexHead)
	out.Wire = render.HexLines(wire[:end], marks, 0)
	if h.Masked {
		plain, _ := frameBytes(d, false)
		out.Plain = render.HexLines(plain[:end], marks, 0)
	}
	if end < len(wire) || d.cutPayload {
		out.Cut = "First " + format.Count(uint64(end-int(h.Size))) + " of " + format.Plural(h.Length, "payload byte") + "; the Hex tab shows all captured bytes"
	}
	out.Facts = []Fact{
		{"Header", format.Plural(uint64(h.Size), "byte"), ""},
		{"Payload", format.Plural(h.Length, "byte"), ""},
		{"Stream offset", format.Count(d.rec.Offset), "first byte, counted from the end of the handshake"},
	}
	if d.rec.Message > 0 {
		out.Facts = append(out.Facts, Fact{"Message", format.Uint(d.rec.Message), "of this direction"})
	}
	return out
}

func headerFields(d *selection) []Field {
	h, v := d.rec.Header, d.rec.Violations
	out := []Field{
		{"fin", "FIN", bit(h.Fin), bit(h.Fin), finNote(h.Fin), v&frame.FragmentedControl != 0},
		{"rsv1", "RSV1", bit(h.Rsv&frame.RSV1 != 0), bit(h.Rsv&frame.RSV1 != 0), rsv1Note(d), v&(frame.RSVUndefined|frame.RSV1Continuation|frame.RSV1Control) != 0 && h.Rsv&frame.RSV1 != 0},
		{"rsv2", "RSV2", bit(h.Rsv&frame.RSV2 != 0), bit(h.Rsv&frame.RSV2 != 0), "no extension uses it", h.Rsv&frame.RSV2 != 0},
		{"rsv3", "RSV3", bit(h.Rsv&frame.RSV3 != 0), bit(h.Rsv&frame.RSV3 != 0), "no extension uses it", h.Rsv&frame.RSV3 != 0},
		{"opcode", "opcode", bits(uint64(h.Opcode&0xF), 4), "0x" + strconv.FormatUint(uint64(h.Opcode&0xF), 16), h.Opcode.String(), h.Opcode.IsReserved()},
		{"mask", "MASK", bit(h.Masked), bit(h.Masked), maskNote(h.Masked, d.rec.Dir), v&(frame.UnmaskedClient|frame.MaskedServer) != 0},
	}
	out = append(out, lengthFields(h, v)...)
	if h.Masked {
		out = append(out, Field{"key", "masking key", "", format.Hex(h.Key[:], 4), "XORed with the payload, byte by byte", v&(frame.ZeroKey|frame.RepeatedKey) != 0})
	}
	note := ""
	switch {
	case d.rec.Truncated:
		note = "the stream ended after " + format.Count(uint64(len(d.rec.Payload)))
	case h.Masked:
		note = "masked on the wire"
	}
	return append(out, Field{"payload", "payload", "", format.Plural(h.Length, "byte"), note, d.rec.Truncated})
}

// lengthFields returns the 7-bit length and, where there is one, the extended length.
func lengthFields(h frame.Header, v frame.Violations) []Field {
	wrong := v&(frame.NonMinimalLength|frame.LengthTopBit|frame.LongControl) != 0
	extended := int(h.Size) - 2
	if h.Masked {
		extended -= 4
	}
	if extended <= 0 {
		return []Field{{"len", "length", bits(h.Length, 7), format.Count(h.Length), "payload bytes", wrong}}
	}
	seven, note := uint64(126), "the next 16 bits are the length"
	if extended == 8 {
		seven, note = 127, "the next 64 bits are the length"
	}
	return []Field{
		{"len", "length", bits(seven, 7), format.Uint(seven), note, false},
		{"ext", "extended length", "", format.Count(h.Length), strconv.Itoa(8*extended) + " bits, most significant byte first", wrong},
	}
}

func bit(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

func bits(v uint64, n int) string {
	s := strconv.FormatUint(v, 2)
	for len(s) < n {
		s = "0" + s
	}
	return s
}

func finNote(fin bool) string {
	if fin {
		return "last frame of its message"
	}
	return "more frames of this message follow"
}

func rsv1Note(d *selection) string {
	switch {
	case d.rec.Header.Rsv&frame.RSV1 == 0:
		return "not compressed"
	case d.compressed:
		return "the message is compressed (RFC 7692)"
	}
	return "no extension uses it here"
}

func maskNote(masked bool, dir record.Dir) string {
	who := "a client must mask"
	if dir == record.In {
		who = "a server must not mask"
	}
	if masked {
		return "payload is masked; " + who
	}
	return "payload is not masked; " + who
}

// pageFacts is what the Frame tab shows of a message that a page reported.
func pageFacts(d *selection) []Fact {
	return []Fact{
		{"Opcode", d.rec.Header.Opcode.String(), "text or binary"},
		{"Payload", format.Plural(d.rec.Header.Length, "byte"), "as the page receives it"},
		{"FIN", unknown, "the browser reassembles fragments before the page receives them"},
		{"RSV1–3", unknown, ""},
		{"MASK, masking key", unknown, "masking is done by the browser and not visible to the page"},
		{"Wire size", unknown, "compression is done by the browser"},
	}
}

// unknown stands in a cell for what a page cannot know.
const unknown = "–"

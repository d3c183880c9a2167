package model

import (
	"strconv"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// Field is one field of the frame header (RFC 6455 §5.2), or its payload. Keys: fin rsv1 rsv2 rsv3 opcode mask len ext
// key payload.
type Field struct {
	Key   string
	Label string // as in the RFC's diagram
	Bits  string // the bits, of the fields that are shorter than a byte; else empty
	Value string
	Note  string
	Wrong bool
}

// Cell is a part of a field that lies in one line of 32 bits of the diagram.
type Cell struct {
	Field int // index in Fields
	Col   int // first bit, 0–31
	Span  int // bits, 1–32
	First bool
}

// FrameDetail is the Frame tab.
type FrameDetail struct {
	NotAFrame bool
	Page      bool // a page told of the message: Facts says what is known
	Fields    []Field
	Cells     []Cell
	Facts     []Fact
	Wire      []HexLine // header and the start of the payload as they stood on the wire
	Plain     []HexLine // the same unmasked; nil when there is no mask
	Cut       string
}

func (d *detailState) frameDetail() *FrameDetail {
	if d.rec.Kind != record.KindFrame {
		return &FrameDetail{NotAFrame: true}
	}
	if d.rec.Source == record.SourcePage {
		return &FrameDetail{Page: true, Facts: d.pageFacts()}
	}
	h := d.rec.Header
	out := &FrameDetail{Fields: d.fields()}
	out.Cells = cells(out.Fields, h)
	wire, marks := d.frameBytes(true)
	end := min(len(wire), int(h.Size)+hexHead)
	out.Wire = hexLines(wire[:end], marks, 0)
	if h.Masked {
		plain, _ := d.frameBytes(false)
		out.Plain = hexLines(plain[:end], marks, 0)
	}
	if end < len(wire) || d.cutPayload {
		out.Cut = "The first " + Count(uint64(end-int(h.Size))) + " of " + Count(h.Length) + " payload bytes. The Hex tab has what the capture kept."
	}
	out.Facts = []Fact{
		{"Header", utoa(uint64(h.Size)) + " bytes", ""},
		{"Payload", Count(h.Length) + " bytes", ""},
		{"Stream offset", Count(d.rec.Offset), "first byte, counted from the end of the handshake"},
	}
	if d.rec.Message > 0 {
		out.Facts = append(out.Facts, Fact{"Message", utoa(d.rec.Message), "of this direction"})
	}
	return out
}

func (d *detailState) fields() []Field {
	h, v := d.rec.Header, d.rec.Violations
	out := []Field{
		{"fin", "FIN", bit(h.Fin), bit(h.Fin), finNote(h.Fin), v&frame.FragmentedControl != 0},
		{"rsv1", "RSV1", bit(h.Rsv&frame.RSV1 != 0), bit(h.Rsv&frame.RSV1 != 0), d.rsv1Note(), v&(frame.RSVUndefined|frame.RSV1Continuation|frame.RSV1Control) != 0 && h.Rsv&frame.RSV1 != 0},
		{"rsv2", "RSV2", bit(h.Rsv&frame.RSV2 != 0), bit(h.Rsv&frame.RSV2 != 0), "no extension uses it", h.Rsv&frame.RSV2 != 0},
		{"rsv3", "RSV3", bit(h.Rsv&frame.RSV3 != 0), bit(h.Rsv&frame.RSV3 != 0), "no extension uses it", h.Rsv&frame.RSV3 != 0},
		{"opcode", "opcode", bits(uint64(h.Opcode&0xF), 4), "0x" + strconv.FormatUint(uint64(h.Opcode&0xF), 16), h.Opcode.String(), h.Opcode.IsReserved()},
		{"mask", "MASK", bit(h.Masked), bit(h.Masked), maskNote(h.Masked, d.rec.Dir), v&(frame.UnmaskedClient|frame.MaskedServer) != 0},
	}
	out = append(out, lengthFields(h, v)...)
	if h.Masked {
		out = append(out, Field{"key", "masking key", "", hexPreview(h.Key[:], 4), "XORed with the payload, byte by byte", v&(frame.ZeroKey|frame.RepeatedKey) != 0})
	}
	note := ""
	switch {
	case d.rec.Truncated:
		note = "the stream ended after " + Count(uint64(len(d.rec.Payload)))
	case h.Masked:
		note = "masked on the wire"
	}
	return append(out, Field{"payload", "payload", "", Count(h.Length) + " bytes", note, d.rec.Truncated})
}

// lengthFields returns the 7-bit length and, where there is one, the extended length.
func lengthFields(h frame.Header, v frame.Violations) []Field {
	wrong := v&(frame.NonMinimalLength|frame.LengthTopBit|frame.LongControl) != 0
	extended := int(h.Size) - 2
	if h.Masked {
		extended -= 4
	}
	if extended <= 0 {
		return []Field{{"len", "length", bits(h.Length, 7), Count(h.Length), "payload bytes", wrong}}
	}
	seven, note := uint64(126), "the next 16 bits are the length"
	if extended == 8 {
		seven, note = 127, "the next 64 bits are the length"
	}
	return []Field{
		{"len", "length", bits(seven, 7), utoa(seven), note, false},
		{"ext", "extended length", "", Count(h.Length), strconv.Itoa(8*extended) + " bits, most significant byte first", wrong},
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

func (d *detailState) rsv1Note() string {
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

// cells lays the fields out on lines of 32 bits as the RFC's diagram does. The payload takes the rest of its first line
// and, when it is longer, one more.
func cells(fields []Field, h frame.Header) []Cell {
	var out []Cell
	at := 0
	for n, f := range fields {
		for left, first := fieldBits(f.Key, h, at), true; left > 0; first = false {
			span := min(left, 32-at%32)
			out = append(out, Cell{n, at % 32, span, first})
			at += span
			left -= span
		}
	}
	return out
}

func fieldBits(key string, h frame.Header, at int) int {
	switch key {
	case "opcode":
		return 4
	case "len":
		return 7
	case "key":
		return 32
	case "ext":
		if h.Masked {
			return 8 * (int(h.Size) - 6)
		}
		return 8 * (int(h.Size) - 2)
	case "payload":
		return payloadBits(h.Length, 32-at%32)
	}
	return 1
}

// payloadBits returns how many bits the diagram gives the payload when rest are left on the line.
func payloadBits(length uint64, rest int) int {
	switch {
	case length == 0:
		return 0
	case length*8 <= uint64(rest) && length < 8:
		return int(length) * 8
	case rest == 32:
		return 32
	}
	return rest + 32
}

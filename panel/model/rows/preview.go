package rows

import (
	"bytes"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// How much of a payload a row of the grid shows, in bytes.
const (
	TextPreview   = 240 // of text
	binaryPreview = 32
)

// Preview returns what is in the row, in one line.
func (r Row) Preview(v View) string {
	switch r.Kind() {
	case record.KindTransit: // no row
	case record.KindFrame:
		return r.framePreview(v)
	case record.KindRequest, record.KindResponse:
		if r.Kept() == 0 && r.Kind() == record.KindRequest {
			name, remote := r.Parties()
			return format.Preview([]byte(record.SocketName(name, nil)+" from "+remote), TextPreview)
		}
		line, _, _ := bytes.Cut(r.Payload(), []byte("\r\n"))
		return format.Preview(line, TextPreview)
	case record.KindNote:
		return format.Preview(r.Payload(), TextPreview)
	case record.KindClose:
		if r.FromPage() { // a page does not know who began it
			return CloseText(r.Code(), r.Payload()) + cleanWord(r.Clean())
		}
		return CloseText(r.Code(), r.Payload()) + " · " + ClosedBy(r.By(), r.Clean())
	case record.KindEnd:
		if r.FromPage() { // it knows nothing of TCP
			return format.Preview(r.Payload(), TextPreview)
		}
		return endPreview(r.By(), r.Payload())
	case record.KindBroken:
		return "decoding stopped at byte " + format.Count(r.Offset()) + ": " + format.Preview(r.Payload(), TextPreview)
	case KindGap:
		return GapText(r.Missing(), r.Gap())
	}
	return "unknown kind of record: update the panel"
}

func (r Row) framePreview(v View) string {
	o := r.Opcode()
	b := r.Payload()
	if v == Messages || r.Final() && r.Frames() == 1 {
		b = r.Content()
	}
	switch {
	case o == frame.Close:
		code, reason, _ := frame.ParseClose(b)
		return CloseText(code, []byte(reason))
	case len(b) == 0 && r.Length() > 0 && r.Kept() == 0:
		return "payload not captured"
	case v == Frames && r.Compressed() && (!r.Final() || r.Frames() != 1):
		return format.Hex(b, binaryPreview)
	case r.MessageOpcode() == frame.Text && Readable(b), o.IsControl() && Readable(b):
		return format.Preview(b, TextPreview)
	}
	return format.Hex(b, binaryPreview)
}

// Readable reports whether the start of b is text, but for a rune that the snap length cut.
func Readable(b []byte) bool {
	b = b[:min(len(b), TextPreview)]
	for n := 0; n < utf8.UTFMax && len(b) > 0; n++ {
		if utf8.Valid(b) {
			return true
		}
		b = b[:len(b)-1]
	}
	return len(b) == 0
}

// CloseText says with which code and reason something closed.
func CloseText(code uint16, reason []byte) string {
	name, _ := frame.CloseCodeText(code)
	out := format.Uint(uint64(code)) + " " + name
	if len(reason) > 0 {
		out += " · “" + format.Preview(reason, TextPreview) + "”"
	}
	return out
}

// ClosedBy says who closed a connection.
func ClosedBy(by record.Side, clean bool) string {
	out := "closed by " + by.String()
	if by == record.SideNone {
		out = "no close frame"
	}
	if !clean {
		out += ", not clean"
	}
	return out
}

func cleanWord(clean bool) string {
	if clean {
		return " · clean"
	}
	return " · not clean"
}

func endPreview(by record.Side, words []byte) string {
	out := "TCP closed"
	if by != record.SideNone {
		out += " by " + by.String()
	}
	if len(words) > 0 {
		out += ": " + format.Preview(words, TextPreview)
	}
	return out
}

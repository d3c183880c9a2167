package model

import (
	"strconv"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// Sizes of the hex view in bytes.
const (
	hexLine = 16
	hexPage = 1024
	hexTwin = 8   // bytes of a line that stands twice, masked and unmasked
	hexHead = 256 // how much payload the Frame tab shows
)

// BytesAs is how the Hex tab shows a payload that was masked on the wire.
type BytesAs uint8

// The ways.
const (
	BytesTwin   BytesAs = iota // masked and unmasked, side by side
	BytesPlain                 // unmasked
	BytesMasked                // as on the wire
)

// HexRun is a run of bytes of one line that belong to the same fields of the frame.
type HexRun struct {
	Hex    string // "81 05"
	Text   string // as ASCII, "·" for what is not
	Fields string // keys of the fields they are in, separated by spaces; see [Field]
}

// HexLine is up to 16 bytes.
type HexLine struct {
	At     int // of the first byte
	Offset string
	Runs   []HexRun
	Twin   []HexRun // the same bytes unmasked, beside Runs as they stood on the wire; else nil
}

// mark says that the bytes before To, from the mark before on, belong to Fields.
type mark struct {
	To     int
	Fields string
}

// hexLines returns one page of b. Marks are in order; bytes behind the last have no field.
func hexLines(b []byte, marks []mark, page int) []HexLine {
	return hexLinesOf(b, marks, page, hexLine)
}

func hexLinesOf(b []byte, marks []mark, page, width int) []HexLine {
	from := min(page*hexPage, len(b))
	to := min(from+hexPage, len(b))
	lines := make([]HexLine, 0, (to-from+width-1)/width)
	for ; from < to; from += width {
		lines = append(lines, oneLine(b, from, min(from+width, to), marks))
	}
	return lines
}

// twins puts the lines of two forms of the same bytes beside each other.
func twins(wire, plain []HexLine) []HexLine {
	for i := range wire {
		wire[i].Twin = plain[i].Runs
	}
	return wire
}

func oneLine(b []byte, from, to int, marks []mark) HexLine {
	line := HexLine{At: from, Offset: offsetText(from)}
	for from < to {
		end, fields := to, ""
		for _, k := range marks {
			if from < k.To {
				end, fields = min(to, k.To), k.Fields
				break
			}
		}
		line.Runs = append(line.Runs, HexRun{hexPreview(b[from:end], end-from), asciiText(b[from:end]), fields})
		from = end
	}
	return line
}

func offsetText(n int) string {
	s := strconv.FormatInt(int64(n), 16)
	if n < 1<<16 {
		return "0000"[len(s):] + s
	}
	return "00000000"[min(8, len(s)):] + s
}

func asciiText(b []byte) string {
	out := make([]rune, len(b))
	for i, c := range b {
		out[i] = '·'
		if c >= 0x20 && c < 0x7F {
			out[i] = rune(c)
		}
	}
	return string(out)
}

// HexDetail is the Hex tab: the whole frame, header and payload.
type HexDetail struct {
	Lines     []HexLine
	Pager     Pager
	CanMask   bool    // the frame has a masking key
	As        BytesAs // how a masked payload is shown
	Cut       string
	HeadBytes bool // the header's bytes are part of it
}

func (d *detailState) hexDetail() *HexDetail {
	if d.rec.Kind != record.KindFrame {
		b := append([]byte(d.rec.Reason), d.rec.Head...)
		p := pager(d.page, len(b), hexPage)
		return &HexDetail{Lines: hexLines(b, nil, p.Page), Pager: p}
	}
	if d.rec.Source == record.SourcePage {
		p := pager(d.page, len(d.rec.Payload), hexPage)
		return &HexDetail{Lines: hexLines(d.rec.Payload, nil, p.Page), Pager: p}
	}
	masked := d.rec.Header.Masked
	b, marks := d.frameBytes(d.bytesAs != BytesPlain)
	p := pager(d.page, len(b), hexPage)
	out := &HexDetail{Pager: p, HeadBytes: true, CanMask: masked, As: d.bytesAs}
	if masked && d.bytesAs == BytesTwin {
		plain, _ := d.frameBytes(false)
		out.Lines = twins(hexLinesOf(b, marks, p.Page, hexTwin), hexLinesOf(plain, marks, p.Page, hexTwin))
	} else {
		out.Lines = hexLines(b, marks, p.Page)
	}
	if d.cutPayload {
		out.Cut = "The capture kept the first " + Count(uint64(len(d.rec.Payload))) + " of " + Count(d.rec.Header.Length) + " payload bytes."
	}
	return out
}

// frameBytes rebuilds the frame as it stood on the wire, or with its payload unmasked, and says which bytes are what.
func (d *detailState) frameBytes(masked bool) ([]byte, []mark) {
	h := d.rec.Header
	b := frame.AppendHeader(nil, h)
	marks := headerMarks(h, len(b))
	at := len(b)
	b = append(b, d.rec.Payload...)
	if masked && h.Masked {
		for i := range b[at:] {
			b[at+i] ^= h.Key[i&3]
		}
	}
	return b, append(marks, mark{len(b), "payload"})
}

// headerMarks says which of the n header bytes belong to which fields.
func headerMarks(h frame.Header, n int) []mark {
	marks := []mark{{1, "fin rsv1 rsv2 rsv3 opcode"}, {2, "mask len"}}
	key := n
	if h.Masked {
		key -= 4
	}
	if key > 2 {
		marks = append(marks, mark{key, "ext"})
	}
	if h.Masked {
		marks = append(marks, mark{n, "key"})
	}
	return marks
}

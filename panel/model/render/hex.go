package render

import (
	"strconv"

	"github.com/tetherscope/tetherscope/panel/model/format"
)

// Sizes of the hex view in bytes.
const (
	hexLine = 16
	hexTwin = 8 // bytes of a line that stands twice, masked and unmasked
	HexPage = 1024
)

// HexRun is a run of bytes of one line that belong to the same fields of the frame.
type HexRun struct {
	Hex    string // "81 05"
	Text   string // as ASCII, "·" for what is not
	Fields string // keys of the fields they are in, separated by spaces; the keys of a frame's header fields, or any other
}

// HexLine is up to 16 bytes.
type HexLine struct {
	At     int // of the first byte
	Offset string
	Runs   []HexRun
	Twin   []HexRun // the same bytes unmasked, beside Runs as they were on the wire; else nil
}

// Mark says that the bytes before To, from the mark before on, belong to Fields.
type Mark struct {
	To     int
	Fields string
}

// HexLines returns one page of b. Marks are in order; bytes behind the last have no field.
func HexLines(b []byte, marks []Mark, page int) []HexLine {
	return hexLinesOf(b, marks, page, hexLine)
}

func hexLinesOf(b []byte, marks []Mark, page, width int) []HexLine {
	from := min(page*HexPage, len(b))
	to := min(from+HexPage, len(b))
	lines := make([]HexLine, 0, (to-from+width-1)/width)
	for ; from < to; from += width {
		lines = append(lines, oneLine(b, from, min(from+width, to), marks))
	}
	return lines
}

// HexTwins returns one page of two forms of the same bytes, line by line beside each other.
func HexTwins(b, other []byte, marks []Mark, page int) []HexLine {
	wire, plain := hexLinesOf(b, marks, page, hexTwin), hexLinesOf(other, marks, page, hexTwin)
	for i := range wire {
		wire[i].Twin = plain[i].Runs
	}
	return wire
}

func oneLine(b []byte, from, to int, marks []Mark) HexLine {
	line := HexLine{At: from, Offset: offsetText(from)}
	for from < to {
		end, fields := to, ""
		for _, k := range marks {
			if from < k.To {
				end, fields = min(to, k.To), k.Fields
				break
			}
		}
		line.Runs = append(line.Runs, HexRun{format.Hex(b[from:end], end-from), asciiText(b[from:end]), fields})
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

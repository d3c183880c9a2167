package render

import (
	"bytes"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/panel/model/format"
)

// TextPage is how much text one page has, in bytes.
const TextPage = 16 << 10

// ResultPage says which page of a long result is open, from 0 up, and of how many.
type ResultPage struct{ Index, Count int }

// ResultPageOf returns page index, or the nearest there is, of a result of so many lines or bytes with so many on a page.
func ResultPageOf(index, length, size int) ResultPage {
	count := max(1, (length+size-1)/size)
	return ResultPage{Index: max(0, min(index, count-1)), Count: count}
}

// Text returns a page of b as harmless text that keeps line breaks and tabs. Pages begin at whole characters.
func Text(b []byte, page int) string {
	from := RuneStart(b, page*TextPage)
	b = b[from:RuneStart(b, (page+1)*TextPage)]
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == '\n' || r == '\t' {
			out = append(out, byte(r))
		} else if r != '\r' || !bytes.HasPrefix(b, []byte("\r\n")) {
			out = format.AppendVisible(out, r)
		}
		b = b[size:]
	}
	return string(out)
}

// RuneStart returns the first place from at on where a character may start, at most the length of b.
func RuneStart(b []byte, at int) int {
	for n := 0; at < len(b) && n < utf8.UTFMax && !utf8.RuneStart(b[at]); n++ {
		at++
	}
	return min(at, len(b))
}

package trial

import (
	"encoding/hex"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/scope/act"
)

// around is how many characters an excerpt has before the first difference.
const around = 40

// cutMark stands where an excerpt leaves something out.
const cutMark = "…"

// excerpts returns two texts around their first difference.
func excerpts(before, after []byte) (string, string) {
	at := 0
	for at < min(len(before), len(after)) && before[at] == after[at] {
		at++
	}
	return excerpt(before, at), excerpt(after, at)
}

// excerpt returns the text around a byte: at most [act.MaxExcerpt] characters, and marks where it was cut. What is not UTF-8 is written in
// hexadecimal digits.
func excerpt(b []byte, at int) string {
	start := max(0, at-around)
	if !utf8.Valid(b) {
		end := min(len(b), start+act.MaxExcerpt/2-1)
		return marked(hex.EncodeToString(b[start:end]), start > 0, end < len(b))
	}
	for start > 0 && !utf8.RuneStart(b[start]) {
		start--
	}
	end := start
	for n := 0; n < act.MaxExcerpt-2 && end < len(b); n++ { // two marks may stand around it
		_, size := utf8.DecodeRune(b[end:])
		end += size
	}
	return marked(string(b[start:end]), start > 0, end < len(b))
}

func marked(s string, before, behind bool) string {
	if before {
		s = cutMark + s
	}
	if behind {
		s += cutMark
	}
	return s
}

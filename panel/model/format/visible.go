package format

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Preview returns the start of b as one line of harmless text, about n bytes of it: control characters below U+0020 become
// their pictures, other hidden characters the escapes of [AppendVisible], and invalid bytes U+FFFD. What is cut ends in "…".
func Preview(b []byte, n int) string {
	plain := 0
	for plain < min(len(b), n) && b[plain] >= 0x20 && b[plain] < 0x7F {
		plain++
	}
	out := append(make([]byte, 0, min(len(b), n)+8), b[:plain]...)
	for b = b[plain:]; len(b) > 0; {
		if len(out) >= n {
			return string(out) + "…"
		}
		r, size := utf8.DecodeRune(b)
		out = AppendVisible(out, r)
		b = b[size:]
	}
	return string(out)
}

// Middle returns s with what is over n characters cut out of its middle: both its beginning and its end tell texts apart.
func Middle(s string, n int) string {
	over := utf8.RuneCountInString(s) - n
	if over <= 0 {
		return s
	}
	runes := []rune(s)
	head := n / 2
	return string(runes[:head]) + "…" + string(runes[head+over+1:])
}

// Visible returns s as one line of harmless text, whole. It allocates only when there is something to replace.
func Visible(s string) string {
	for i, r := range s {
		if !Hidden(r) {
			continue
		}
		out := append(make([]byte, 0, len(s)+16), s[:i]...)
		for _, r := range s[i:] {
			out = AppendVisible(out, r)
		}
		return string(out)
	}
	return s
}

// AppendVisible appends what stands for r in a line of text: the picture of an ASCII control character ("␊"), a Go escape
// for another character that is not seen or that reorders its neighbours ("\u202e"), else r itself.
func AppendVisible(out []byte, r rune) []byte {
	switch {
	case !Hidden(r):
		return utf8.AppendRune(out, r)
	case r < 0x20:
		return utf8.AppendRune(out, 0x2400+r)
	case r == 0x7F:
		return utf8.AppendRune(out, 0x2421)
	}
	quoted := strconv.AppendQuoteRuneToASCII(nil, r)
	return append(out, quoted[1:len(quoted)-1]...)
}

// hidden are the characters without a picture of their own, controls apart: marks and embeddings of writing direction, joiners,
// fillers, separators of lines, tags. Signs of Arabic and other scripts in the category Cf that do have a picture are not
// among them, nor are variation selectors of emoji.
var hidden = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00AD, Hi: 0x00AD, Stride: 1}, // soft hyphen
		{Lo: 0x034F, Hi: 0x034F, Stride: 1}, // combining grapheme joiner
		{Lo: 0x061C, Hi: 0x061C, Stride: 1}, // Arabic letter mark
		{Lo: 0x115F, Hi: 0x1160, Stride: 1}, // Hangul fillers
		{Lo: 0x17B4, Hi: 0x17B5, Stride: 1}, // Khmer inherent vowels
		{Lo: 0x180B, Hi: 0x180F, Stride: 1}, // Mongolian selectors and vowel separator
		{Lo: 0x200B, Hi: 0x200F, Stride: 1}, // zero widths, left-to-right and right-to-left mark
		{Lo: 0x2028, Hi: 0x202E, Stride: 1}, // separators of lines and paragraphs, embeddings, overrides
		{Lo: 0x2060, Hi: 0x206F, Stride: 1}, // word joiner, invisible operators, isolates
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
		{Lo: 0xFEFF, Hi: 0xFEFF, Stride: 1}, // byte order mark
		{Lo: 0xFFA0, Hi: 0xFFA0, Stride: 1}, // half-width Hangul filler
		{Lo: 0xFFF0, Hi: 0xFFFB, Stride: 1}, // interlinear annotation
	},
	R32: []unicode.Range32{
		{Lo: 0x1BCA0, Hi: 0x1BCA3, Stride: 1}, // shorthand format controls
		{Lo: 0x1D173, Hi: 0x1D17A, Stride: 1}, // musical controls
		{Lo: 0xE0000, Hi: 0xE0FFF, Stride: 1}, // tags, selectors of the supplement
	},
}

// Hidden reports whether r is a control character, or one that is invisible where it stands.
func Hidden(r rune) bool {
	return r < 0x20 || r >= 0x7F && (r < 0xA0 || r >= 0xAD && unicode.Is(hidden, r))
}

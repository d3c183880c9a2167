package terminal

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// hidden are characters that take no room or only blank room although they are letters or marks to Unicode: Hangul fillers and the
// variation selectors in which text can be hidden.
var hidden = &unicode.RangeTable{
	R16: []unicode.Range16{{0x115F, 0x1160, 1}, {0x2800, 0x2800, 1}, {0x3164, 0x3164, 1}, {0xFFA0, 0xFFA0, 1}},
	R32: []unicode.Range32{{0xE0000, 0xE0FFF, 1}},
}

// Unsafe reports whether a terminal does more with r than print it, or prints nothing: the control characters (C0, DEL, C1) but
// tab and line feed, controls of direction and joining, line separators, and invisible characters.
func Unsafe(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < 0x7F:
		return r < ' '
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, hidden)
}

// appendSafe appends b with an escape for each unsafe character: \u001b as in JSON, where it means the same character; \x9b for a byte that
// is not UTF-8.
func appendSafe(dst, b []byte) []byte {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			dst = fmt.Appendf(dst, `\x%02x`, b[0])
		case Unsafe(r):
			dst = appendEscape(dst, r)
		default:
			dst = append(dst, b[:n]...)
		}
		b = b[n:]
	}
	return dst
}

func appendEscape(dst []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
		return fmt.Appendf(dst, `\u%04x\u%04x`, high, low)
	}
	return fmt.Appendf(dst, `\u%04x`, r)
}

// Line formats a line or a text of the program. Line ends of format are the program's own. One inside an argument could make the words
// of a peer look like a line of the program: in strings it is escaped, and the lines of an error after its first are indented.
func Line(format string, args ...any) string {
	safe := make([]any, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case error:
			safe[i] = argument{a.Error(), "\n  "}
		case string:
			safe[i] = argument{a, `\n`}
		case []byte:
			safe[i] = argument{string(a), `\n`}
		default:
			safe[i] = a
		}
	}
	return fmt.Sprintf(format, safe...)
}

// argument is text whose line ends are replaced, unless its verb quotes.
type argument struct{ text, lineEnd string }

// Format implements fmt.Formatter.
func (a argument) Format(f fmt.State, verb rune) {
	text := a.text
	if verb == 's' || verb == 'v' {
		text = strings.ReplaceAll(text, "\n", a.lineEnd)
	}
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), text)
}

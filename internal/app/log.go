package app

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLogged is how many bytes of a client's text are logged.
const maxLogged = 128

// logged makes text that a client chose fit for a log, whatever handler writes it: one line, no control characters (so
// no escape sequence reaches a terminal), bounded.
func logged(s string) string {
	if len(s) > maxLogged {
		cut := maxLogged
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

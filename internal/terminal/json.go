package terminal

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Bounds of JSON that is indented: behind them it would take the terminal away from its user.
const (
	maxJSON  = 64 << 10 // bytes
	maxDepth = 32
)

// JSON returns JSON text on several lines, in the styles of its tokens; what stands in it is kept as it was written, number by number.
// Lines after the first are indented by two spaces more than their depth. It reports false for a text that is no JSON object or array, has
// more than 64 KiB, or is nested deeper than 32.
func JSON(text []byte) ([]Part, bool) {
	start := bytes.TrimLeft(text, " \t\r\n")
	if len(start) == 0 || start[0] != '{' && start[0] != '[' || len(text) > maxJSON || depth(text) > maxDepth {
		return nil, false
	}
	var b bytes.Buffer
	if json.Indent(&b, start, "  ", "  ") != nil {
		return nil, false
	}
	return tokens(strings.TrimRight(b.String(), " \t\r\n")), true
}

// depth returns how deeply the brackets of JSON text are nested.
func depth(text []byte) (most int) {
	now, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			most = max(most, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return most
}

// tokens divides valid JSON text.
func tokens(s string) (parts []Part) {
	for s != "" {
		n, style := token(s)
		parts = append(parts, Part{style, s[:n]})
		s = s[n:]
	}
	return parts
}

// token returns the length of the token at the start of s, and its style.
func token(s string) (int, Style) {
	if s[0] == '"' {
		n := 1
		for n < len(s) && s[n] != '"' {
			if s[n] == '\\' {
				n++
			}
			n++
		}
		n = min(n+1, len(s))
		if strings.HasPrefix(s[n:], ":") {
			return n, Key
		}
		return n, String
	}
	const marks = "{}[],: \n"
	if n := strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune(marks, r) }); n != 0 {
		if n < 0 {
			n = len(s)
		}
		return n, Plain
	}
	if n := strings.IndexAny(s, marks); n > 0 {
		return n, Literal
	}
	return len(s), Literal
}

package message

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

const hex = "0123456789abcdef"

// appendString appends s as a JSON string.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"', c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// cutString cuts a JSON string off the start of b and returns its value.
func cutString(b []byte) (value, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return nil, b, false
	}
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			value = b[1:i]
			if bytes.IndexByte(value, '\\') >= 0 {
				value = unescape(value)
			}
			return value, b[i+1:], true
		}
	}
	return nil, b, false
}

// unescape undoes the escapes of a JSON string. A wrong one stands for itself: the codec will complain of it.
func unescape(s []byte) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out = append(out, s[i])
			continue
		}
		i++
		switch at := bytes.IndexByte([]byte(`bfnrt`), s[i]); {
		case at >= 0:
			out = append(out, "\b\f\n\r\t"[at])
		case s[i] == 'u' && i+4 < len(s):
			r, n := escaped(s[i+1:])
			out = utf8.AppendRune(out, r)
			i += n
		default:
			out = append(out, s[i])
		}
	}
	return out
}

// escaped returns the character that s begins to name, which is what stands behind \u, and how many bytes of s name it: a
// character beyond U+FFFF is two escapes (RFC 8259 §7). Half of one names nothing: U+FFFD.
func escaped(s []byte) (r rune, n int) {
	r, n = rune(fourHex(s)), 4
	if utf16.IsSurrogate(r) && len(s) >= 10 && s[4] == '\\' && s[5] == 'u' {
		if both := utf16.DecodeRune(r, rune(fourHex(s[6:]))); both != utf8.RuneError {
			return both, 10
		}
	}
	return r, n // which is written as U+FFFD if it is half of one
}

// fourHex reads the four digits that s begins with.
func fourHex(s []byte) (n int) {
	for _, c := range s[:4] {
		n = n<<4 | max(0, bytes.IndexByte([]byte(hex), c|0x20)&15)
	}
	return n
}

package message

import (
	"bytes"
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
			out = utf8.AppendRune(out, rune(fourHex(s[i+1:i+5])))
			i += 4
		default:
			out = append(out, s[i])
		}
	}
	return out
}

func fourHex(s []byte) (n int) {
	for _, c := range s {
		n = n<<4 | max(0, bytes.IndexByte([]byte(hex), c|0x20)&15)
	}
	return n
}

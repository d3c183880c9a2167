package jsonscan

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Is reports whether a raw string says s.
func Is(raw []byte, s string) bool {
	if len(raw) < 2 {
		return false
	}
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner) == s
	}
	return len(s) < len(raw) && string(Unquote(nil, raw)) == s
}

// Unquote appends to dst what a raw string, with its quotes, says. A wrong escape becomes U+FFFD, as do surrogates without
// their other half; bytes that are not UTF-8 stay as they are; the closing quote may be missing.
func Unquote(dst, raw []byte) []byte {
	raw = bytes.TrimPrefix(raw, []byte{'"'})
	for len(raw) > 0 {
		k := bytes.IndexAny(raw, `\"`)
		if k < 0 {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:k]...)
		if raw[k] == '"' {
			return dst
		}
		var r rune
		r, raw = escape(raw[k+1:])
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// escape reads what follows a backslash.
func escape(b []byte) (rune, []byte) {
	if len(b) == 0 {
		return utf8.RuneError, nil
	}
	switch c := b[0]; c {
	case '"', '\\', '/':
		return rune(c), b[1:]
	case 'b':
		return '\b', b[1:]
	case 'f':
		return '\f', b[1:]
	case 'n':
		return '\n', b[1:]
	case 'r':
		return '\r', b[1:]
	case 't':
		return '\t', b[1:]
	case 'u':
		return unicode(b[1:])
	}
	return utf8.RuneError, b[1:]
}

// unicode reads the digits of \uXXXX, and of the second \uXXXX when both are a surrogate pair.
func unicode(b []byte) (rune, []byte) {
	r, ok := hex4(b)
	if !ok {
		return utf8.RuneError, b
	}
	b = b[4:]
	if !utf16.IsSurrogate(r) {
		return r, b
	}
	if bytes.HasPrefix(b, []byte(`\u`)) {
		if low, ok := hex4(b[2:]); ok {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				return both, b[6:]
			}
		}
	}
	return utf8.RuneError, b
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

package decode

import "unicode/utf8"

// readable reports whether the start of b is text without control characters but for those that text has.
func readable(b []byte) bool {
	b = b[:min(len(b), maxValue)]
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 && len(b)-i >= utf8.UTFMax || r < 0x20 && r != '\n' && r != '\r' && r != '\t' || r == 0x7F {
			return false
		}
		i += n
	}
	return true
}

package jsoncodec

// tooDeep returns the offset of the first bracket that opens more than limit levels, or -1. It builds nothing, and does
// not care whether b is JSON otherwise: that is encoding/json's to say.
func tooDeep(b []byte, limit int) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = endOfString(b, i+1)
		case '[', '{':
			if depth++; depth > limit {
				return i
			}
		case ']', '}':
			depth--
		}
	}
	return -1
}

// endOfString returns the offset of the quote that ends the string whose content begins at i, or len(b).
func endOfString(b []byte, i int) int {
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i
		case '\\':
			i++ // whatever is escaped does not end the string
		}
	}
	return len(b)
}

// tokenBefore returns the offset of the last string, bracket or literal that begins before end.
func tokenBefore(b []byte, end int) int {
	start := 0
	for i := 0; i < min(end, len(b)); i++ {
		switch {
		case b[i] == '"':
			start, i = i, endOfString(b, i+1)
		case b[i] == '[' || b[i] == '{':
			start = i
		case inLiteral(b[i]):
			for start = i; i+1 < len(b) && inLiteral(b[i+1]); {
				i++
			}
		}
	}
	return start
}

// inLiteral says whether c may stand in a number, true, false or null.
func inLiteral(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == 'E' || c == '+' || c == '-' || c == '.'
}

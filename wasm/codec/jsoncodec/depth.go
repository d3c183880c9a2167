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

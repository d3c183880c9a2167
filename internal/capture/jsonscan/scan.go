package jsonscan

// Space returns the position of the first byte from i on that is not white space (RFC 8259 §2), len(b) when there is none.
func Space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// String returns the position behind the string that starts with the quote at i. ok is false when the text ends inside.
func String(b []byte, i int) (end int, ok bool) {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1, true
		}
	}
	return len(b), false
}

// Value returns the position behind the value that starts at i. Containers are skipped whole, however deep. ok is false
// when the text ends inside the value or no value starts at i.
func Value(b []byte, i int) (end int, ok bool) {
	if i >= len(b) {
		return len(b), false
	}
	switch b[i] {
	case '"':
		return String(b, i)
	case '{', '[':
		return container(b, i)
	}
	end = scalar(b, i)
	return end, end > i
}

// container skips from an opening bracket to behind the one that closes it. Kinds of brackets are not distinguished: that
// takes a stack, and the reader of the inside sees the difference.
func container(b []byte, i int) (int, bool) {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			end, ok := String(b, i)
			if !ok {
				return end, false
			}
			i = end
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1, true
			}
		}
		i++
	}
	return i, false
}

// scalar returns the position behind a number, true, false or null: everything up to a byte that ends a value.
func scalar(b []byte, i int) int {
	for i < len(b) {
		switch b[i] {
		case ',', ':', ']', '}', '[', '{', '"', ' ', '\n', '\r', '\t':
			return i
		}
		i++
	}
	return i
}

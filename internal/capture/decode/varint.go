package decode

// varint reads an integer in groups of seven bits, the lowest first, at i. size is 0 when it does not end within ten bytes
// or the bytes end before it.
func varint(b []byte, i int) (v uint64, size int) {
	for k := 0; k < 10 && i+k < len(b); k++ {
		c := b[i+k]
		if k == 9 && c > 1 {
			return 0, 0
		}
		v |= uint64(c&0x7F) << (7 * k)
		if c < 0x80 {
			return v, k + 1
		}
	}
	return 0, 0
}

// bigEndian reads the n bytes at i, n at most 8. ok is false when there are fewer.
func bigEndian(b []byte, i, n int) (v uint64, ok bool) {
	if n > len(b)-i {
		return 0, false
	}
	for _, c := range b[i : i+n] {
		v = v<<8 | uint64(c)
	}
	return v, true
}

// littleEndian reads the n bytes at i, n at most 8. ok is false when there are fewer.
func littleEndian(b []byte, i, n int) (v uint64, ok bool) {
	if n > len(b)-i {
		return 0, false
	}
	for k, c := range b[i : i+n] {
		v |= uint64(c) << (8 * k)
	}
	return v, true
}

// guessBytes is how much of a payload a guess walks through. What is longer is taken for right when it is so far.
const guessBytes = 64 << 10

// walks reports whether walk reads the payload from its start to its end, or as far as a guess goes.
func walks(in *Input, walk func(t *tree, b []byte) (end int, err error)) bool {
	b := in.Payload[:min(len(in.Payload), guessBytes)]
	end, err := walk(&tree{}, b)
	if len(b) < len(in.Payload) || in.cut() {
		e := asError(err, &Input{Payload: b, Length: uint64(len(b)) + 1})
		return e == nil || e.Offset >= len(b)
	}
	return err == nil && end == len(b)
}

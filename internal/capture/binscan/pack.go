package binscan

import "math"

// pack reads a MessagePack value.
func (r *reader) pack() (Item, error) {
	c := r.b[r.at]
	r.at++
	switch {
	case c < 0x80:
		return r.done(Item{Kind: Unsigned, N: uint64(c)})
	case c >= 0xE0:
		return r.done(Item{Kind: Negative, N: uint64(^c)})
	case c < 0x90:
		return r.done(Item{Kind: Map, N: uint64(c & 15)})
	case c < 0xA0:
		return r.done(Item{Kind: List, N: uint64(c & 15)})
	case c < 0xC0:
		return r.packData(Text, uint64(c&31))
	}
	return r.packLong(c)
}

// packWidths are the bytes of the number behind the first bytes 0xC4 to 0xDF.
var packWidths = [...]int{1, 2, 4, 1, 2, 4, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4}

// packLong reads a value whose first byte is 0xC0 to 0xDF.
func (r *reader) packLong(c byte) (Item, error) {
	switch c {
	case 0xC0, 0xC2, 0xC3:
		return r.done(Item{Kind: [...]Kind{Null, 0, False, True}[c-0xC0]})
	case 0xC1:
		return Item{}, r.fault(r.at-1, wrongByte, uint64(c))
	case 0xD4, 0xD5, 0xD6, 0xD7, 0xD8:
		return r.packExtension(1 << (c - 0xD4))
	}
	width := packWidths[c-0xC4]
	n, ok := r.number(width)
	switch {
	case !ok:
		return Item{}, r.fault(len(r.b), shortHead, 0)
	case c <= 0xC6:
		return r.packData(Bytes, n)
	case c <= 0xC9:
		return r.packExtension(n)
	case c == 0xCA:
		return r.done(Item{Kind: Float, Value: float64(math.Float32frombits(uint32(n))), Bits: 32})
	case c == 0xCB:
		return r.done(Item{Kind: Float, Value: math.Float64frombits(n), Bits: 64})
	case c <= 0xCF:
		return r.done(Item{Kind: Unsigned, N: n})
	case c <= 0xD3:
		return r.done(signed(n, width))
	case c <= 0xDB:
		return r.packData(Text, n)
	case c <= 0xDD:
		return r.done(Item{Kind: List, N: n})
	}
	return r.done(Item{Kind: Map, N: n})
}

// signed reads a number of so many bytes in two's complement.
func signed(n uint64, width int) Item {
	shift := 64 - 8*width
	v := int64(n<<shift) >> shift //nolint:gosec // two's complement
	if v < 0 {
		return Item{Kind: Negative, N: uint64(^v)} //nolint:gosec // -1-v, not negative
	}
	return Item{Kind: Unsigned, N: uint64(v)}
}

func (r *reader) packData(kind Kind, n uint64) (Item, error) {
	data, ok := r.take(n)
	if !ok {
		return Item{}, r.fault(len(r.b), shortData, n)
	}
	return r.done(Item{Kind: kind, Data: data})
}

func (r *reader) packExtension(n uint64) (Item, error) {
	kind, ok := r.number(1)
	if !ok {
		return Item{}, r.fault(len(r.b), shortExtension, 0)
	}
	data, ok := r.take(n)
	if !ok {
		return Item{}, r.fault(len(r.b), shortExtension, 0)
	}
	return r.done(Item{Kind: Extension, Type: int8(kind), Data: data}) //nolint:gosec // one byte
}

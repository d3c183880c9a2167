package binscan

import "math"

// The major types of RFC 8949 §3.1.
const (
	majorUnsigned = iota
	majorNegative
	majorBytes
	majorText
	majorList
	majorMap
	majorTag
	majorSimple
)

// Breaks reports whether a CBOR Break stands at position i, which is one byte.
func Breaks(b []byte, i int) bool { return i < len(b) && b[i] == 0xFF }

// cborHead is the first bytes of an item (RFC 8949 §3).
type cborHead struct {
	major, info byte
	open        bool // of indefinite length, or a break
	arg         uint64
}

// head reads the first bytes of an item.
func (r *reader) head() (h cborHead, err error) {
	c := r.b[r.at]
	r.at++
	h = cborHead{major: c >> 5, info: c & 31, arg: uint64(c & 31)}
	switch {
	case h.info < 24:
	case h.info < 28:
		var ok bool
		if h.arg, ok = r.number(1 << (h.info - 24)); !ok {
			return h, r.fault(len(r.b), shortHead, 0)
		}
	case h.info == 31 && h.major != majorUnsigned && h.major != majorNegative && h.major != majorTag:
		h.open, h.arg = true, 0
	default:
		return h, r.fault(r.at-1, wrongByte, uint64(c))
	}
	return h, nil
}

// cbor reads a CBOR item.
func (r *reader) cbor() (Item, error) {
	h, err := r.head()
	if err != nil {
		return Item{}, err
	}
	switch h.major {
	case majorUnsigned:
		return r.done(Item{Kind: Unsigned, N: h.arg})
	case majorNegative:
		return r.done(Item{Kind: Negative, N: h.arg})
	case majorBytes:
		return r.cborData(Bytes, h)
	case majorText:
		return r.cborData(Text, h)
	case majorList:
		return r.done(Item{Kind: List, N: h.arg, Open: h.open})
	case majorMap:
		return r.done(Item{Kind: Map, N: h.arg, Open: h.open})
	case majorTag:
		return r.done(Item{Kind: Tag, N: h.arg})
	}
	return r.done(cborSimple(h))
}

// cborSimple is an item of the major type 7 (RFC 8949 §3.3).
func cborSimple(h cborHead) Item {
	switch h.info {
	case 20, 21, 22, 23:
		return Item{Kind: [...]Kind{False, True, Null, Undefined}[h.info-20]}
	case 25:
		return Item{Kind: Float, Value: half(uint16(h.arg)), Bits: 32} //nolint:gosec // two bytes were read
	case 26:
		return Item{Kind: Float, Value: float64(math.Float32frombits(uint32(h.arg))), Bits: 32} //nolint:gosec // four bytes were read
	case 27:
		return Item{Kind: Float, Value: math.Float64frombits(h.arg), Bits: 64}
	case 31:
		return Item{Kind: Break}
	}
	return Item{Kind: Simple, N: h.arg}
}

// half reads a number of 16 bits (RFC 8949, appendix D).
func half(v uint16) (f float64) {
	exponent, mantissa := int(v>>10&31), float64(v&1023)
	switch exponent {
	case 0:
		f = math.Ldexp(mantissa, -24)
	case 31:
		if f = math.Inf(1); mantissa != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(mantissa+1024, exponent-25)
	}
	if v>>15 == 1 {
		return -f
	}
	return f
}

// cborData reads a text or bytes.
func (r *reader) cborData(kind Kind, h cborHead) (Item, error) {
	if h.open {
		return r.cborPieces(kind, h.major)
	}
	data, ok := r.take(h.arg)
	if !ok {
		return Item{}, r.fault(len(r.b), shortData, h.arg)
	}
	return r.done(Item{Kind: kind, Data: data})
}

// cborPieces reads the pieces of a text or of bytes up to their break (RFC 8949 §3.2.3).
func (r *reader) cborPieces(kind Kind, major byte) (Item, error) {
	var whole []byte
	for r.at < len(r.b) {
		if Breaks(r.b, r.at) {
			r.at++
			return r.done(Item{Kind: kind, Data: whole})
		}
		from := r.at
		h, err := r.head()
		switch {
		case err != nil:
			return Item{}, err
		case h.major != major || h.open:
			return Item{}, r.fault(from, wrongPiece, 0)
		}
		piece, ok := r.take(h.arg)
		if !ok {
			return Item{}, r.fault(len(r.b), shortPiece, 0)
		}
		whole = append(whole, piece...)
	}
	return Item{}, r.fault(len(r.b), noBreak, 0)
}

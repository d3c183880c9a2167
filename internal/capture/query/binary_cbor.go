package query

import (
	"math"
	"strconv"
)

// cbor writes the CBOR item that begins here (RFC 8949). A tag is passed over: its content stands for it.
func (r *binaryReader) cbor() bool {
	head, ok := r.take(1)
	if !ok {
		return false
	}
	major, info := head[0]>>5, head[0]&31
	arg, open := uint64(info), info == 31
	switch {
	case info >= 24 && info < 28:
		if arg, ok = r.number(1 << (info - 24)); !ok {
			return false
		}
	case info >= 28 && !open, open && (major < 2 || major > 5):
		return false
	}
	switch major {
	case 0:
		r.out = strconv.AppendUint(r.out, arg, 10)
	case 1:
		r.cborNegative(arg)
	case 2, 3:
		return r.cborText(major, arg, open)
	case 4, 5:
		if open {
			return r.items(0, major == 5, r.cbor, r.cborMore)
		}
		return r.items(arg, major == 5, r.cbor, nil)
	case 6:
		if r.depth++; r.depth > maxBinaryDepth || !r.cbor() {
			return false
		}
		r.depth--
	default:
		return r.cborSimple(info, arg)
	}
	return true
}

// cborMore reports whether a further item follows in a list of unknown length; its end is passed over.
func (r *binaryReader) cborMore() bool {
	if r.at < len(r.b) && r.b[r.at] == 0xFF {
		r.at++
		return false
	}
	return true // at the end of the payload the next item fails
}

func (r *binaryReader) cborNegative(arg uint64) {
	if arg <= math.MaxInt64 {
		r.out = strconv.AppendInt(r.out, -1-int64(arg), 10)
		return
	}
	r.float(-1-float64(arg), 64)
}

func (r *binaryReader) cborSimple(info byte, arg uint64) bool {
	switch info {
	case 20, 21, 22, 23:
		r.out = append(r.out, [...]string{"false", "true", "null", "null"}[info-20]...)
	case 25:
		r.float(halfFloat(uint16(arg)), 32) //nolint:gosec // two bytes were read
	case 26:
		r.float(float64(math.Float32frombits(uint32(arg))), 32) //nolint:gosec // four bytes were read
	case 27:
		r.float(math.Float64frombits(arg), 64)
	default:
		r.out = strconv.AppendUint(r.out, arg, 10)
	}
	return true
}

// halfFloat reads a number of 16 bits (RFC 8949, appendix D).
func halfFloat(v uint16) (f float64) {
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

// cborText writes a text or bytes, which may come in pieces.
func (r *binaryReader) cborText(major byte, n uint64, open bool) bool {
	write := r.octets
	if major == 3 {
		write = r.text
	}
	if !open {
		p, ok := r.take(n)
		write(p)
		return ok
	}
	var whole []byte
	for r.cborMore() {
		head, ok := r.take(1)
		if !ok || head[0]>>5 != major || head[0]&31 >= 28 {
			return false
		}
		size := uint64(head[0] & 31)
		if size >= 24 {
			if size, ok = r.number(1 << (size - 24)); !ok {
				return false
			}
		}
		p, ok := r.take(size)
		if !ok {
			return false
		}
		whole = append(whole, p...)
	}
	write(whole)
	return true
}

package query

import (
	"encoding/binary"
	"math"
	"strconv"
	"time"
)

// pack writes the MessagePack value that begins here.
func (r *binaryReader) pack() bool {
	head, ok := r.take(1)
	if !ok {
		return false
	}
	switch c := head[0]; {
	case c < 0x80:
		r.out = strconv.AppendUint(r.out, uint64(c), 10)
	case c >= 0xE0:
		r.out = strconv.AppendInt(r.out, int64(int8(c)), 10) //nolint:gosec // a negative number in five bits
	case c < 0x90:
		return r.items(uint64(c&15), true, r.pack, nil)
	case c < 0xA0:
		return r.items(uint64(c&15), false, r.pack, nil)
	case c < 0xC0:
		return r.packText(uint64(c & 31))
	default:
		return r.packLong(c)
	}
	return true
}

func (r *binaryReader) packText(n uint64) bool {
	p, ok := r.take(n)
	if ok {
		r.text(p)
	}
	return ok
}

// packLong writes a value whose first byte is 0xC0 to 0xDF.
func (r *binaryReader) packLong(c byte) bool {
	switch c {
	case 0xC0, 0xC2, 0xC3:
		r.out = append(r.out, [...]string{"null", "", "false", "true"}[c-0xC0]...)
		return true
	case 0xC1:
		return false
	case 0xD4, 0xD5, 0xD6, 0xD7, 0xD8:
		return r.packExtension(1 << (c - 0xD4))
	}
	width := [...]uint64{1, 2, 4, 1, 2, 4, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4}[c-0xC4]
	n, ok := r.number(width)
	switch {
	case !ok:
		return false
	case c <= 0xC6:
		p, ok := r.take(n)
		r.octets(p)
		return ok
	case c <= 0xC9:
		return r.packExtension(n)
	case c == 0xCA:
		r.float(float64(math.Float32frombits(uint32(n))), 32)
	case c == 0xCB:
		r.float(math.Float64frombits(n), 64)
	case c <= 0xCF:
		r.out = strconv.AppendUint(r.out, n, 10)
	case c <= 0xD3:
		shift := 64 - 8*width
		r.out = strconv.AppendInt(r.out, int64(n<<shift)>>shift, 10) //nolint:gosec // two's complement
	case c <= 0xDB:
		return r.packText(n)
	default:
		return r.items(n, c >= 0xDE, r.pack, nil)
	}
	return true
}

// packExtension writes an extension: a time as text, any other one as its bytes.
func (r *binaryReader) packExtension(n uint64) bool {
	kind, ok := r.take(1)
	if !ok {
		return false
	}
	p, ok := r.take(n)
	if !ok {
		return false
	}
	var sec, nano uint64
	switch {
	case kind[0] == 0xFF && n == 4:
		sec = uint64(binary.BigEndian.Uint32(p))
	case kind[0] == 0xFF && n == 8:
		v := binary.BigEndian.Uint64(p)
		sec, nano = v&(1<<34-1), v>>34
	case kind[0] == 0xFF && n == 12:
		nano, sec = uint64(binary.BigEndian.Uint32(p)), binary.BigEndian.Uint64(p[4:])
	default:
		r.octets(p)
		return true
	}
	if sec > 253402300799 || nano >= 1e9 { // not before the year 10000
		r.octets(p)
		return true
	}
	r.text(time.Unix(int64(sec), int64(nano)).UTC().AppendFormat(nil, time.RFC3339Nano)) //nolint:gosec // bounded above
	return true
}

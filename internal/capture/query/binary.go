package query

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"
)

// Limits of binary values that are read for a path.
const (
	maxBinary      = 4 << 20 // bytes of the payload
	maxBinaryDepth = 48
)

// written are buffers for JSON that is written for a path, and forgotten.
var written = sync.Pool{New: func() any { return new([]byte) }}

// withJSON calls look with the JSON of a payload: the payload itself, or what a whole MessagePack or CBOR map or list says. Which of the two it
// is the first byte says, or else which of them ends with the payload.
func withJSON(b []byte, look func([]byte) bool) bool {
	if len(b) == 0 || b[0] < 0x80 || len(b) > maxBinary {
		return look(b)
	}
	buf := written.Get().(*[]byte)
	defer written.Put(buf)
	for _, one := range [...]func(*binaryReader) bool{(*binaryReader).pack, (*binaryReader).cbor} {
		r := binaryReader{b: b, out: (*buf)[:0]}
		ok := r.group() && one(&r) && r.at == len(b)
		if *buf = r.out; ok {
			return look(r.out)
		}
	}
	return look(b)
}

// binaryReader writes binary values as JSON. Its methods report whether the bytes are of the format.
type binaryReader struct {
	b     []byte
	at    int
	depth int
	out   []byte
}

// group reports whether the payload can begin with a map, a list or a tag of one of the formats.
func (r *binaryReader) group() bool { return r.b[0] < 0xC0 || r.b[0] >= 0xC6 && r.b[0] <= 0xDF }

// take returns the next n bytes.
func (r *binaryReader) take(n uint64) ([]byte, bool) {
	if n > uint64(len(r.b)-r.at) {
		return nil, false
	}
	from := r.at
	r.at += int(n) //nolint:gosec // at most the length of the payload
	return r.b[from:r.at], true
}

// number returns the next bytes, 1, 2, 4 or 8, as a number.
func (r *binaryReader) number(width uint64) (n uint64, ok bool) {
	p, ok := r.take(width)
	for _, c := range p {
		n = n<<8 | uint64(c)
	}
	return n, ok
}

// text writes bytes as a string.
func (r *binaryReader) text(p []byte) {
	r.out = append(r.out, '"')
	for len(p) > 0 {
		c, n := utf8.DecodeRune(p)
		switch {
		case c == '"' || c == '\\':
			r.out = append(r.out, '\\', byte(c))
		case c < ' ':
			r.out = append(r.out, `\u00`...)
			r.out = append(r.out, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		default:
			r.out = utf8.AppendRune(r.out, c) // U+FFFD for what is not UTF-8
		}
		p = p[n:]
	}
	r.out = append(r.out, '"')
}

// octets writes bytes that are no text, as hexadecimal digits.
func (r *binaryReader) octets(p []byte) {
	r.out = append(r.out, '"')
	r.out = hex.AppendEncode(r.out, p)
	r.out = append(r.out, '"')
}

func (r *binaryReader) float(x float64, bits int) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		r.text(strconv.AppendFloat(nil, x, 'g', -1, bits))
		return
	}
	r.out = strconv.AppendFloat(r.out, x, 'g', -1, bits)
}

// items writes n values between brackets, in a map each behind its name; more reports whether a further one follows when n is not known.
func (r *binaryReader) items(n uint64, isMap bool, value func() bool, more func() bool) bool {
	if r.depth++; r.depth > maxBinaryDepth || more == nil && n > uint64(len(r.b)-r.at) {
		return false
	}
	open, shut := byte('['), byte(']')
	if isMap {
		open, shut = '{', '}'
	}
	r.out = append(r.out, open)
	for k := uint64(0); more == nil && k < n || more != nil && more(); k++ {
		if k > 0 {
			r.out = append(r.out, ',')
		}
		if isMap && !r.name(value) {
			return false
		}
		if !value() {
			return false
		}
	}
	r.out = append(r.out, shut)
	r.depth--
	return true
}

// name writes the key of a member: one that is no string as the text that it is in JSON.
func (r *binaryReader) name(value func() bool) bool {
	from := len(r.out)
	if !value() {
		return false
	}
	if r.out[from] != '"' {
		key := string(r.out[from:])
		r.out = r.out[:from]
		r.text([]byte(key))
	}
	r.out = append(r.out, ':')
	return true
}

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

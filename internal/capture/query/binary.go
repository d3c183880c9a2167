package query

import (
	"encoding/hex"
	"math"
	"strconv"
	"sync"
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

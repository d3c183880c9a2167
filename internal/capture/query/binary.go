package query

import (
	"encoding/hex"
	"math"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/capture/binscan"
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
	if len(b) == 0 || b[0] < 0x80 || len(b) > maxBinary || !binaryGroup(b[0]) {
		return look(b)
	}
	buf := written.Get().(*[]byte)
	defer written.Put(buf)
	for _, format := range [...]binscan.Format{binscan.MessagePack, binscan.CBOR} {
		r := binaryReader{format: format, b: b, out: (*buf)[:0]}
		ok := r.value() && r.at == len(b)
		if *buf = r.out; ok {
			return look(r.out)
		}
	}
	return look(b)
}

// binaryGroup reports whether a payload that begins so can be a map, a list or a tag of one of the formats.
func binaryGroup(c byte) bool { return c < 0xC0 || c >= 0xC6 && c <= 0xDF }

// binaryReader writes binary values as JSON. Its methods report whether the bytes are of the format.
type binaryReader struct {
	format binscan.Format
	b      []byte
	at     int
	depth  int
	out    []byte
}

// value writes the value that begins here. A tag is passed over: its content stands for it.
func (r *binaryReader) value() bool {
	it, err := binscan.Read(r.format, r.b, r.at)
	if err != nil || it.Kind == binscan.Break {
		return false
	}
	r.at = it.End
	switch it.Kind { //nolint:exhaustive // the others are single values
	case binscan.List, binscan.Map:
		return r.group(it)
	case binscan.Tag:
		if r.depth++; r.depth > maxBinaryDepth || !r.value() {
			return false
		}
		r.depth--
	default:
		r.single(&it)
	}
	return true
}

// single writes a value that is no group.
func (r *binaryReader) single(it *binscan.Item) {
	switch it.Kind { //nolint:exhaustive // the others are bytes
	case binscan.Unsigned, binscan.Negative:
		r.out = it.AppendNumber(r.out)
	case binscan.Simple:
		r.out = strconv.AppendUint(r.out, it.N, 10)
	case binscan.Float:
		r.float(it.Value, it.Bits)
	case binscan.Text:
		r.text(it.Data)
	case binscan.Null, binscan.Undefined:
		r.out = append(r.out, "null"...)
	case binscan.False, binscan.True:
		r.out = strconv.AppendBool(r.out, it.Kind == binscan.True)
	default:
		if when, ok := it.Time(); ok {
			r.text(when.AppendFormat(nil, time.RFC3339Nano))
			return
		}
		r.octets(it.Data)
	}
}

// group writes what is in a list or a map between brackets, in a map each value behind its name.
func (r *binaryReader) group(it binscan.Item) bool {
	if r.depth++; r.depth > maxBinaryDepth || it.N > uint64(len(r.b)-r.at) {
		return false
	}
	open, shut := byte('['), byte(']')
	if it.Kind == binscan.Map {
		open, shut = '{', '}'
	}
	r.out = append(r.out, open)
	for k := uint64(0); it.Open && !binscan.Breaks(r.b, r.at) || k < it.N; k++ {
		if k > 0 {
			r.out = append(r.out, ',')
		}
		if it.Kind == binscan.Map && !r.name() || !r.value() {
			return false
		}
	}
	if it.Open {
		r.at++ // its break
	}
	r.out = append(r.out, shut)
	r.depth--
	return true
}

// name writes the key of a member: one that is no string as the text that it is in JSON.
func (r *binaryReader) name() bool {
	from := len(r.out)
	if !r.value() {
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

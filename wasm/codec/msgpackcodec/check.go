package msgpackcodec

import (
	"errors"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// Check returns nil if b is exactly one MessagePack value within the limits whose lengths are true. It reads each byte
// that declares something once, builds nothing, and needs memory for the depth only. Else it returns a [codec.Error] with
// the offset of the value that is wrong.
func Check(b []byte, l codec.Limits) error { return checkAs(b, l, "") }

func checkAs(b []byte, l codec.Limits, typ string) error {
	if err := l.CheckSize(name, typ, b); err != nil {
		return err
	}
	if at, err := walk(b, l.Depth); err != nil {
		return &codec.Error{Codec: name, Type: typ, Offset: at, Err: err}
	}
	return nil
}

// walk steps from value to value. open holds how many values each open array or map still waits for.
func walk(b []byte, depth int) (at int, err error) {
	open := make([]uint64, 1, 16)
	open[0] = 1
	for {
		for open[len(open)-1] == 0 {
			if open = open[:len(open)-1]; len(open) == 0 {
				return ends(b, at)
			}
		}
		open[len(open)-1]--
		size, items, container, err := head(b[at:])
		left := uint64(len(b) - at)
		switch {
		case err != nil:
			return at, err
		case size > left || items > left-size: // each item has a byte at least
			return at, codec.ErrTruncated
		case container && len(open) > depth:
			return at, codec.ErrTooDeep
		}
		at += int(size)
		if container {
			open = append(open, items)
		}
	}
}

func ends(b []byte, at int) (int, error) {
	if at < len(b) {
		return at, codec.ErrTrailing
	}
	return at, nil
}

var errNever = errors.New("0xC1 begins no value")

// head reads how many bytes the value that b begins with takes before what it contains, and how many values it contains.
// A pair of a map is two. The format's names of the cases stand beside them.
func head(b []byte) (size, items uint64, container bool, err error) {
	if len(b) == 0 {
		return 0, 0, false, codec.ErrTruncated
	}
	c := b[0]
	switch {
	case c <= 0x7F || c >= 0xE0: // positive and negative fixint
		return 1, 0, false, nil
	case c <= 0x8F: // fixmap
		return 1, 2 * uint64(c&0xF), true, nil
	case c <= 0x9F: // fixarray
		return 1, uint64(c & 0xF), true, nil
	case c <= 0xBF: // fixstr
		return 1 + uint64(c&0x1F), 0, false, nil
	case c == 0xC1:
		return 0, 0, false, errNever
	}
	s := shapes[c-0xC0]
	n, ok := length(b[1:], s.length)
	if !ok {
		return 0, 0, false, codec.ErrTruncated
	}
	size = 1 + uint64(s.length) + uint64(s.fixed)
	if s.each > 0 {
		return size, n * uint64(s.each), true, nil
	}
	return size + n, 0, false, nil
}

// shape is what follows a type byte: a length of some bytes, then fixed bytes, then as many bytes as the length says, or
// each values for every one of it.
type shape struct{ length, fixed, each uint8 }

// shapes begins at 0xC0.
var shapes = [0x20]shape{
	0x04: {length: 1}, 0x05: {length: 2}, 0x06: {length: 4}, // bin
	0x07: {length: 1, fixed: 1}, 0x08: {length: 2, fixed: 1}, 0x09: {length: 4, fixed: 1}, // ext
	0x0A: {fixed: 4}, 0x0B: {fixed: 8}, // float
	0x0C: {fixed: 1}, 0x0D: {fixed: 2}, 0x0E: {fixed: 4}, 0x0F: {fixed: 8}, // uint
	0x10: {fixed: 1}, 0x11: {fixed: 2}, 0x12: {fixed: 4}, 0x13: {fixed: 8}, // int
	0x14: {fixed: 2}, 0x15: {fixed: 3}, 0x16: {fixed: 5}, 0x17: {fixed: 9}, 0x18: {fixed: 17}, // fixext
	0x19: {length: 1}, 0x1A: {length: 2}, 0x1B: {length: 4}, // str
	0x1C: {length: 2, each: 1}, 0x1D: {length: 4, each: 1}, // array
	0x1E: {length: 2, each: 2}, 0x1F: {length: 4, each: 2}, // map
}

// length reads a big-endian number of size bytes, at most four.
func length(b []byte, size uint8) (n uint64, ok bool) {
	if len(b) < int(size) {
		return 0, false
	}
	for _, c := range b[:size] {
		n = n<<8 | uint64(c)
	}
	return n, true
}

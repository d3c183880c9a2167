package cborcodec

import (
	"errors"
	"math"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// Check returns nil if b is exactly one well-formed CBOR value (RFC 8949 §1.2) within the limits whose lengths are true.
// A tag is a level of its own, as an array is. It reads each byte that declares something once, builds nothing, and needs
// memory for the depth only. Else it returns a [codec.Error] with the offset of the value that is wrong.
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

// level is one open array, map, tag or string in chunks.
type level struct {
	left    uint64 // values it waits for; for one of indefinite length, how many it has got
	major   byte
	endless bool // until a break
}

// walk steps from value to value.
func walk(b []byte, depth int) (at int, err error) {
	open := make([]level, 1, 16)
	open[0].left = 1
	for {
		for top := &open[len(open)-1]; !top.endless && top.left == 0; top = &open[len(open)-1] {
			if open = open[:len(open)-1]; len(open) == 0 {
				return ends(b, at)
			}
		}
		top := &open[len(open)-1]
		h, err := readHead(b[at:])
		if err != nil {
			return at, err
		}
		if h.breaks {
			if err := mayBreak(top); err != nil {
				return at, err
			}
			at++
			open = open[:len(open)-1]
			continue
		}
		if err := fits(top, h, uint64(len(b)-at)); err != nil {
			return at, err
		}
		count(top)
		at += int(h.size)
		if h.opens {
			if len(open) > depth {
				return at - int(h.size), codec.ErrTooDeep
			}
			open = append(open, level{h.items, h.major, h.endless})
		}
	}
}

func ends(b []byte, at int) (int, error) {
	if at < len(b) {
		return at, codec.ErrTrailing
	}
	return at, nil
}

// The major types of RFC 8949 §3.1 that matter here.
const (
	majorBytes, majorText, majorArray, majorMap, majorTag, majorSimple = 2, 3, 4, 5, 6, 7
)

var (
	errReserved = errors.New("additional information 28 to 30 is reserved (RFC 8949 §3)")
	errEndless  = errors.New("this type has no indefinite length (RFC 8949 §3.2)")
	errBreak    = errors.New("a break without anything of indefinite length to end (RFC 8949 §3.2.1)")
	errHalfPair = errors.New("a map ends between a key and its value (RFC 8949 §3.2.2)")
	errChunk    = errors.New("a string in chunks holds strings of its own type and definite length only (RFC 8949 §3.2.3)")
	errSimple   = errors.New("a simple value below 32 in two bytes (RFC 8949 §3.3)")
)

// count notes that the open level got one value more.
func count(top *level) {
	if top.endless {
		top.left++
	} else {
		top.left--
	}
}

func mayBreak(top *level) error {
	switch {
	case !top.endless:
		return errBreak
	case top.major == majorMap && top.left%2 != 0:
		return errHalfPair
	}
	return nil
}

// fits says whether a value may stand where top is open, and left bytes are there.
func fits(top *level, h headOf, left uint64) error {
	if inChunks := top.endless && (top.major == majorBytes || top.major == majorText); inChunks && (h.major != top.major || h.endless) {
		return errChunk
	}
	if h.size > left || h.items > left-h.size { // each item has a byte at least
		return codec.ErrTruncated
	}
	return nil
}

// headOf is what a value says about itself.
type headOf struct {
	major                  byte
	size                   uint64 // bytes before what it contains
	items                  uint64 // values that it contains; a pair is two
	opens, endless, breaks bool
}

// readHead reads the head that b begins with (RFC 8949 §3).
func readHead(b []byte) (headOf, error) {
	if len(b) == 0 {
		return headOf{}, codec.ErrTruncated
	}
	h := headOf{major: b[0] >> 5}
	info := b[0] & 0x1F
	switch {
	case b[0] == 0xFF:
		return headOf{breaks: true}, nil
	case info == 31:
		h.size, h.opens, h.endless = 1, true, true
		if h.major < majorBytes || h.major > majorMap {
			return h, errEndless
		}
		return h, nil
	case info > 27:
		return h, errReserved
	}
	n, size, err := argument(b, info)
	if err != nil {
		return h, err
	}
	h.size = size
	return contain(h, n, info)
}

// argument reads the number in a head, and the head's size.
func argument(b []byte, info byte) (n, size uint64, err error) {
	if info < 24 {
		return uint64(info), 1, nil
	}
	size = 1 << (info - 24)
	if uint64(len(b)) < 1+size {
		return 0, 0, codec.ErrTruncated
	}
	for _, c := range b[1 : 1+size] {
		n = n<<8 | uint64(c)
	}
	return n, 1 + size, nil
}

// contain adds what a value with argument n contains. A sum that would overflow is a length that lies.
func contain(h headOf, n uint64, info byte) (headOf, error) {
	if n > math.MaxInt64/2 && h.major >= majorBytes && h.major <= majorMap {
		return h, codec.ErrTruncated
	}
	switch h.major {
	case majorBytes, majorText:
		h.size += n
	case majorArray:
		h.items, h.opens = n, true
	case majorMap:
		h.items, h.opens = 2*n, true
	case majorTag:
		h.items, h.opens = 1, true
	case majorSimple:
		if info == 24 && n < 32 {
			return h, errSimple
		}
	}
	return h, nil
}

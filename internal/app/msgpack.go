package app

import (
	"encoding/binary"
	"fmt"
)

// checkMsgPack reports whether b is exactly one MessagePack value whose lengths are true, at most maxBinDepth deep,
// with strings as map keys. Its errors name the byte.
func checkMsgPack(b []byte) error {
	w := msgPackWalk{b: b}
	if err := w.value(0); err != nil {
		return err
	}
	if w.at != len(b) {
		return w.errorf("%d bytes follow the value", len(b)-w.at)
	}
	return nil
}

// msgPackWalk steps over values without decoding them.
type msgPackWalk struct {
	b  []byte
	at int
}

func (w *msgPackWalk) errorf(format string, args ...any) error {
	return fmt.Errorf("MessagePack: byte %d: %s", w.at, fmt.Sprintf(format, args...))
}

// value steps over one value that stands depth levels deep.
func (w *msgPackWalk) value(depth int) error {
	if w.at >= len(w.b) {
		return w.errorf("the value is cut short")
	}
	c := w.b[w.at]
	switch {
	case c <= 0x7F, c >= 0xE0, c == 0xC0, c == 0xC2, c == 0xC3: // small integers, nil, booleans
		return w.skip(1, 0)
	case c <= 0x8F:
		return w.items(1, uint64(c&0xF), true, depth)
	case c <= 0x9F:
		return w.items(1, uint64(c&0xF), false, depth)
	case c <= 0xBF:
		return w.skip(1, uint64(c&0x1F))
	case c == 0xC1:
		return w.errorf("0xC1 begins no value")
	}
	return w.long(c, depth)
}

// long steps over a value whose type byte is 0xC4 to 0xDF.
func (w *msgPackWalk) long(c byte, depth int) error {
	switch {
	case c <= 0xC6: // bin 8, 16, 32
		return w.sized(1<<(c-0xC4), 0)
	case c <= 0xC9: // ext 8, 16, 32
		return w.sized(1<<(c-0xC7), 1)
	case c <= 0xCB: // float 32, 64
		return w.skip(1, 4<<(c-0xCA))
	case c <= 0xCF: // uint 8 to 64
		return w.skip(1, 1<<(c-0xCC))
	case c <= 0xD3: // int 8 to 64
		return w.skip(1, 1<<(c-0xD0))
	case c <= 0xD8: // fixext 1 to 16
		return w.skip(2, 1<<(c-0xD4))
	case c <= 0xDB: // str 8, 16, 32
		return w.sized(1<<(c-0xD9), 0)
	}
	size := 2 << (c & 1) // array 16, 32; map 16, 32
	n, err := w.length(size)
	if err != nil {
		return err
	}
	return w.items(1+size, n, c >= 0xDE, depth)
}

// length reads the big-endian length of size bytes that follows the type byte.
func (w *msgPackWalk) length(size int) (uint64, error) {
	if len(w.b)-w.at < 1+size {
		return 0, w.errorf("the length is cut short")
	}
	var full [8]byte
	copy(full[8-size:], w.b[w.at+1:w.at+1+size])
	return binary.BigEndian.Uint64(full[:]), nil
}

// sized steps over a value with a length of size bytes and extra bytes before its content.
func (w *msgPackWalk) sized(size, extra int) error {
	n, err := w.length(size)
	if err != nil {
		return err
	}
	return w.skip(1+size+extra, n)
}

// skip steps over head and body bytes.
func (w *msgPackWalk) skip(head int, body uint64) error {
	if left := len(w.b) - w.at - head; left < 0 || body > uint64(left) {
		return w.errorf("the value declares more bytes than the message has")
	}
	w.at += head + int(body)
	return nil
}

// items steps over the head of an array or a map and its n items or pairs.
func (w *msgPackWalk) items(head int, n uint64, pairs bool, depth int) error {
	if depth == maxBinDepth {
		return w.errorf("nested more than %d levels deep", maxBinDepth)
	}
	if n > uint64(len(w.b)-w.at-head) { // each item has a byte at least
		return w.errorf("%d items are declared and cannot be there", n)
	}
	w.at += head
	for range n {
		if pairs {
			if err := w.key(depth); err != nil {
				return err
			}
		}
		if err := w.value(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

// key steps over a map's key, which is a string.
func (w *msgPackWalk) key(depth int) error {
	if w.at < len(w.b) {
		if c := w.b[w.at]; c&0xE0 != 0xA0 && (c < 0xD9 || c > 0xDB) {
			return w.errorf("the key of a map is no string")
		}
	}
	return w.value(depth + 1)
}

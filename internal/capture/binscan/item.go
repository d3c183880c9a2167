package binscan

import (
	"encoding/binary"
	"math"
	"strconv"
	"time"
)

// Format is one of the two formats.
type Format uint8

// The formats.
const (
	MessagePack Format = iota
	CBOR
)

// Kind is what an item is.
type Kind uint8

// The kinds.
const (
	Null Kind = iota
	Undefined
	False
	True
	Unsigned  // N
	Negative  // -1 - N
	Float     // Value
	Text      // Data
	Bytes     // Data
	List      // N items follow
	Map       // N pairs of items follow, the key first
	Tag       // of the number N; one item follows
	Simple    // a CBOR value of the number N that has no meaning here
	Extension // of MessagePack, with Type and Data
	Break     // ends an open item
)

// Item is one value, or the head of a list, a map or a tag.
type Item struct {
	Kind  Kind
	Open  bool // a List or Map whose end is a Break; N is 0
	Type  int8
	Bits  int // 32 or 64: the precision of Value, 32 for halves as well
	N     uint64
	Value float64
	Data  []byte // of the payload, unless it came in pieces
	End   int    // position behind the item; behind its head for a List, Map or Tag
}

// AppendNumber appends an Unsigned or Negative in decimal digits, exact to 65 bits.
func (it *Item) AppendNumber(out []byte) []byte {
	switch {
	case it.Kind == Unsigned:
		return strconv.AppendUint(out, it.N, 10)
	case it.N == math.MaxUint64:
		return append(out, "-18446744073709551616"...)
	}
	return strconv.AppendUint(append(out, '-'), it.N+1, 10)
}

// lastSecond is the last one that RFC 3339 can write, 9999-12-31T23:59:59Z.
const lastSecond = 253402300799

// Time reads an Extension of type −1 as MessagePack's timestamp; ok is false when it is none or not before the year 10000.
func (it *Item) Time() (when time.Time, ok bool) {
	if it.Kind != Extension || it.Type != -1 {
		return when, false
	}
	var sec, nano uint64
	switch b := it.Data; len(b) {
	case 4:
		sec = uint64(binary.BigEndian.Uint32(b))
	case 8:
		v := binary.BigEndian.Uint64(b)
		sec, nano = v&(1<<34-1), v>>34
	case 12:
		nano, sec = uint64(binary.BigEndian.Uint32(b)), binary.BigEndian.Uint64(b[4:])
	default:
		return when, false
	}
	if nano >= 1e9 || sec > lastSecond {
		return when, false
	}
	return time.Unix(int64(sec), int64(nano)).UTC(), true //nolint:gosec // bounded above
}

// Read reads the item at position i. The error is a *[Fault].
func Read(f Format, b []byte, i int) (Item, error) {
	r := reader{b: b, at: i, format: f}
	if i >= len(b) {
		return Item{End: i}, r.fault(len(b), noItem, 0)
	}
	if f == CBOR {
		return r.cbor()
	}
	return r.pack()
}

// reader is where reading an item stands.
type reader struct {
	b      []byte
	at     int
	format Format
}

// number takes the next n bytes, 8 at most, as a number.
func (r *reader) number(n int) (v uint64, ok bool) {
	if n > len(r.b)-r.at {
		return 0, false
	}
	for _, c := range r.b[r.at : r.at+n] {
		v = v<<8 | uint64(c)
	}
	r.at += n
	return v, true
}

// take takes the next n bytes.
func (r *reader) take(n uint64) ([]byte, bool) {
	if n > uint64(len(r.b)-r.at) {
		return nil, false
	}
	from := r.at
	r.at += int(n) //nolint:gosec // at most what is there
	return r.b[from:r.at], true
}

// done gives the item its end.
func (r *reader) done(it Item) (Item, error) {
	it.End = r.at
	return it, nil
}

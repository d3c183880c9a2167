package decode

import (
	"math"
	"strconv"
	"strings"
)

// protobuf reads Protobuf messages: with a [Schema] by its names and types, without by what the wire says, which tells
// numbers from lengths and little more.
type protobuf struct{}

func (protobuf) Name() string { return "Protobuf" }

func (protobuf) Guess(in *Input) Confidence {
	switch {
	case strings.Contains(in.Subprotocol, "proto"):
		return Sure
	case in.Text || len(in.Payload) < 2 || !walks(in, protoFields):
		return No
	case in.Schema != nil:
		return Likely
	}
	return Maybe
}

func (protobuf) decode(in *Input, t *tree) error {
	var m *message
	name := ""
	if in.Schema != nil {
		m, name = in.Schema.root, in.Schema.rootName
	}
	line := t.add(0, name, "", Group, 0, len(in.Payload))
	n, err := t.protobuf(in.Payload, 0, len(in.Payload), 1, m)
	t.end(line, count(n, "field"), len(in.Payload))
	if t.summary = t.describe(line); m != nil {
		t.summary = name + " " + t.summary
	}
	return err
}

// field is one field on the wire. For lengths, from to end is the content; for numbers, v.
type field struct {
	number    uint64
	wire      byte
	v         uint64
	from, end int
}

// readField reads the field at i of a message that ends at end.
func readField(b []byte, i, end int) (f field, err error) {
	tag, k := varint(b[:end], i)
	f = field{number: tag >> 3, wire: byte(tag & 7), from: i + k}
	if k == 0 || f.number == 0 || f.number >= 1<<29 {
		return f, protoFault(b, i, end, "no Protobuf field starts here")
	}
	var ok bool
	switch f.wire {
	case 0:
		f.v, k = varint(b[:end], f.from)
		f.end, ok = f.from+k, k > 0
	case 1:
		f.v, ok = littleEndian(b[:end], f.from, 8)
		f.end = f.from + 8
	case 5:
		f.v, ok = littleEndian(b[:end], f.from, 4)
		f.end = f.from + 4
	case 2:
		f.v, k = varint(b[:end], f.from)
		f.from += k
		if ok = k > 0 && f.v <= uint64(end-f.from); ok {
			f.end = f.from + int(f.v)
		}
	default:
		return f, fault(i, "wire type "+strconv.Itoa(int(f.wire))+" is not used in Protobuf of today")
	}
	if !ok {
		return f, fault(end, "the data ends inside field "+strconv.FormatUint(f.number, 10))
	}
	return f, nil
}

// protoFault is about the end of the data when that is what is wrong.
func protoFault(b []byte, i, end int, message string) error {
	if end-i < 10 && end == len(b) && allHigh(b[i:end]) {
		return fault(end, "the data ends inside a field's number")
	}
	return fault(i, message)
}

func allHigh(b []byte) bool {
	for _, c := range b {
		if c < 0x80 {
			return false
		}
	}
	return true
}

// protoFields goes over the fields of one message and not into them.
func protoFields(_ *tree, b []byte) (int, error) {
	i := 0
	for i < len(b) {
		f, err := readField(b, i, len(b))
		if err != nil {
			return i, err
		}
		i = f.end
	}
	return i, nil
}

// protobuf writes the fields of the message from i to end and returns how many there are.
func (t *tree) protobuf(b []byte, i, end, depth int, m *message) (n int, err error) {
	if err := deep(depth, i); err != nil {
		return 0, err
	}
	for i < end {
		f, err := readField(b, i, end)
		if err != nil {
			return n, err
		}
		n++
		if t.full() {
			t.add(depth, "", "", Note, i, f.end) // notes that lines were left out
			return n, nil
		}
		if d := m.field(f.number); d != nil && d.fits(f.wire) {
			err = t.protoKnown(b, i, f, depth, d)
		} else {
			err = t.protoUnknown(b, i, f, depth)
		}
		if err != nil {
			return n, err
		}
		i = f.end
	}
	return n, nil
}

// protoUnknown writes a field of which only the wire is known.
func (t *tree) protoUnknown(b []byte, i int, f field, depth int) error {
	key := strconv.FormatUint(f.number, 10)
	switch f.wire {
	case 0:
		t.add(depth, key, protoVarint(f.v), Number, i, f.end)
	case 1:
		t.add(depth, key, strconv.FormatUint(f.v, 10)+" or "+strconv.FormatFloat(math.Float64frombits(f.v), 'g', -1, 64), Number, i, f.end)
	case 5:
		t.add(depth, key, strconv.FormatUint(f.v, 10)+" or "+strconv.FormatFloat(float64(math.Float32frombits(uint32(f.v))), 'g', -1, 32), Number, i, f.end)
	default:
		return t.protoLength(b, i, f, depth, key)
	}
	return nil
}

// protoVarint shows a number, and what it is when it is a negative or a zigzag one.
func protoVarint(v uint64) string {
	out := strconv.FormatUint(v, 10)
	switch {
	case v > math.MaxInt64:
		return strconv.FormatInt(int64(v), 10)
	case v&1 == 1 && v > 1:
		return out + " or " + strconv.FormatInt(unzigzag(v), 10)
	}
	return out
}

func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

// protoLength writes a field with a length: text when it reads as text, a message when it is one, else bytes.
func (t *tree) protoLength(b []byte, i int, f field, depth int, key string) error {
	part := b[f.from:f.end]
	if len(part) == 0 || readable(part) {
		t.add(depth, key, text(part), String, i, f.end)
		return nil
	}
	if _, err := protoFields(nil, part); err != nil || depth+1 >= maxDepth {
		t.add(depth, key, hexOf(part), Bytes, i, f.end)
		return nil
	}
	line := t.add(depth, key, "", Group, i, f.end)
	n, err := t.protobuf(b, f.from, f.end, depth+1, nil)
	t.end(line, count(n, "field"), f.end)
	return err
}

package decode

import (
	"math"
	"strconv"
)

// wire returns the wire type of the field when it is not packed.
func (d *descriptor) wire() byte {
	switch d.kind {
	case protoDouble, protoFixed64, protoSfixed64:
		return 1
	case protoFloat, protoFixed32, protoSfixed32:
		return 5
	case protoString, protoBytes, protoMessage:
		return 2
	case protoGroup:
		return 3
	}
	return 0
}

// fits reports whether the field may stand on the wire as it does: numbers may be packed into one length.
func (d *descriptor) fits(wire byte) bool {
	return d.wire() == wire || wire == 2 && d.wire() != 3
}

// protoKnown writes a field of the schema.
func (t *tree) protoKnown(b []byte, i int, f field, depth int, d *descriptor) error {
	switch {
	case d.kind == protoMessage:
		line := t.add(depth, d.name, "", Group, i, f.end)
		n, err := t.protobuf(b, f.from, f.end, depth+1, d.message)
		t.end(line, count(n, "field"), f.end)
		return err
	case d.kind == protoString:
		t.add(depth, d.name, text(b[f.from:f.end]), String, i, f.end)
	case d.kind == protoBytes:
		t.add(depth, d.name, hexOf(b[f.from:f.end]), Bytes, i, f.end)
	case f.wire == 2:
		return t.protoPacked(b, i, f, depth, d)
	default:
		value, kind := d.scalar(f.v)
		t.add(depth, d.name, value, kind, i, f.end)
	}
	return nil
}

// protoPacked writes the numbers of a packed field.
func (t *tree) protoPacked(b []byte, i int, f field, depth int, d *descriptor) error {
	line := t.add(depth, d.name, "", Group, i, f.end)
	n := 0
	for at := f.from; at < f.end && !t.full(); n++ {
		var v uint64
		size, ok := 8, true
		switch d.wire() {
		case 0:
			v, size = varint(b[:f.end], at)
			ok = size > 0
		case 1:
			v, ok = littleEndian(b[:f.end], at, 8)
		case 5:
			size = 4
			v, ok = littleEndian(b[:f.end], at, 4)
		}
		if !ok {
			return fault(at, "the data ends inside the packed field "+d.name)
		}
		value, kind := d.scalar(v)
		t.add(depth+1, t.index(n), value, kind, at, at+size)
		at += size
	}
	t.end(line, count(n, "element"), f.end)
	return nil
}

// scalar formats a number by its declared type.
func (d *descriptor) scalar(v uint64) (string, Type) {
	switch d.kind {
	case protoDouble:
		return strconv.FormatFloat(math.Float64frombits(v), 'g', -1, 64), Number
	case protoFloat:
		return strconv.FormatFloat(float64(math.Float32frombits(uint32(v))), 'g', -1, 32), Number
	case protoInt64, protoSfixed64:
		return strconv.FormatInt(int64(v), 10), Number
	case protoInt32, protoSfixed32:
		return strconv.FormatInt(int64(int32(v)), 10), Number
	case protoSint32, protoSint64:
		return strconv.FormatInt(unzigzag(v), 10), Number
	case protoBool:
		return strconv.FormatBool(v != 0), Word
	case protoEnum:
		if name := d.enum[int64(int32(v))]; name != "" {
			return name, Word
		}
		return strconv.FormatInt(int64(int32(v)), 10), Number
	}
	return strconv.FormatUint(v, 10), Number
}

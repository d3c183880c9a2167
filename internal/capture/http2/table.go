package http2

import (
	"errors"

	"golang.org/x/net/http2/hpack"
)

// Unknown stands for the name or the value of a field that refers to an entry which is not in the capture.
const Unknown = "unknown"

const (
	maxTable  = 1 << 20 // bytes that a table may be allowed to have
	maxFields = 1 << 10 // of a block; later ones are passed over
	maxString = 64 << 10
)

// Field is a header field, in the order of its block. Pseudo-header fields have a colon before their names.
type Field struct{ Name, Value string }

// table decodes the blocks of a half.
type table struct {
	dec     *hpack.Decoder
	fields  []Field
	unknown int
	allowed int // bytes that the table may have
	size    int // bytes that it has, at most
}

func newTable() *table {
	t := &table{allowed: 4096}
	t.dec = hpack.NewDecoder(4096, func(f hpack.HeaderField) {
		if len(t.fields) < maxFields {
			t.fields = append(t.fields, Field{f.Name, f.Value})
		}
	})
	t.dec.SetMaxStringLength(maxString)
	t.dec.SetAllowedMaxDynamicTableSize(4096)
	return t
}

// decode returns the fields of a block. They are what could be read when it is damaged.
func (t *table) decode(block []byte) []Field {
	t.fields = nil
	for len(block) > 0 {
		n := representation(block)
		if n == 0 {
			break
		}
		if err := t.write(block[:n]); err != nil {
			break
		}
		t.count(block[:n])
		block = block[n:]
	}
	if len(block) > 0 { // nothing of the table can be relied on
		t.unknown++
		fields, unknown := t.fields, t.unknown
		*t = *newTable()
		t.unknown = unknown
		return fields
	}
	_ = t.dec.Close() // it complains of nothing else
	return t.fields
}

// allow sets how many bytes the table may have.
func (t *table) allow(n uint32) {
	t.allowed = int(min(n, maxTable))
	t.dec.SetAllowedMaxDynamicTableSize(uint32(t.allowed))
}

// count takes note of a field that was decoded: the table may have become larger by it (RFC 7541 §4.1).
func (t *table) count(one []byte) {
	if n := len(t.fields); one[0]&0xC0 == 0x40 && n > 0 {
		t.size = min(t.size+len(t.fields[n-1].Name)+len(t.fields[n-1].Value)+32, t.allowed)
	}
}

// write decodes one field. Where it refers to an entry that is not there, the entry's text is [Unknown]: the table goes on as that of
// the sender does, since entries are counted from the newest.
func (t *table) write(one []byte) error {
	_, err := t.dec.Write(one)
	var broken hpack.DecodingError
	if !errors.As(err, &broken) {
		return err
	}
	if _, missing := broken.Err.(hpack.InvalidIndexError); !missing { //nolint:errorlint // it is a value, not wrapped
		return err
	}
	t.unknown++
	if one[0]&0x80 != 0 { // an indexed field
		t.fields = append(t.fields, Field{Unknown, Unknown})
		return nil
	}
	bits := byte(6) // with incremental indexing
	if one[0]&0xC0 == 0 {
		bits = 4
	}
	_, n := integer(one, bits)
	literal := append([]byte{one[0] &^ (1<<bits - 1), byte(len(Unknown))}, Unknown...)
	_, err = t.dec.Write(append(literal, one[n:]...))
	return err
}

// representation returns the length of the field or the table size that a block begins with; 0 when it is not whole.
func representation(b []byte) int {
	switch {
	case b[0]&0x80 != 0: // indexed
		_, n := integer(b, 7)
		return n
	case b[0]&0xE0 == 0x20: // size of the table
		_, n := integer(b, 5)
		return n
	}
	bits := byte(4)
	if b[0]&0x40 != 0 {
		bits = 6
	}
	name, n := integer(b, bits)
	strings := 1
	if name == 0 {
		strings = 2
	}
	for range strings {
		if n == 0 || n >= len(b) {
			return 0
		}
		size, m := integer(b[n:], 7)
		if m == 0 || size > uint64(len(b)-n-m) {
			return 0
		}
		n += m + int(size)
	}
	return n
}

// integer reads an integer with a prefix of so many bits (RFC 7541 §5.1), and returns its length; 0 when it is not whole.
func integer(b []byte, bits byte) (v uint64, n int) {
	most := uint64(1)<<bits - 1
	if v = uint64(b[0]) & most; v < most {
		return v, 1
	}
	for i := 1; i < len(b) && i <= 5; i++ {
		v += uint64(b[i]&0x7F) << (7 * (i - 1))
		if b[i]&0x80 == 0 {
			return v, i + 1
		}
	}
	return 0, 0
}

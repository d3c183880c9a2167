// These tests prove that values survive the way there and back, and that an error says where.
package codec_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// over encodes v after a prefix, which must stay as it is, and decodes the message.
func over[T any](t *testing.T, c codec.Codec[T, T], v T) (T, codec.MessageType) {
	t.Helper()
	var out T
	b, typ, err := c.Append([]byte("prefix"), v)
	if err != nil {
		t.Fatal(err)
	}
	if string(b[:6]) != "prefix" {
		t.Fatalf("the prefix became %q", b[:6])
	}
	if err := c.Decode(b[6:], typ, &out); err != nil {
		t.Fatal(err)
	}
	return out, typ
}

func TestValuesSurvive(t *testing.T) {
	for _, s := range []string{"", "x", "žluť 🐎", "\x00"} {
		if got, typ := over(t, codec.String(), s); got != s || typ != codec.Text {
			t.Errorf("%q became %q, %v", s, got, typ)
		}
	}
	for _, b := range [][]byte{{}, {0, 0xFF}} {
		if got, typ := over(t, codec.Bytes(), b); !slices.Equal(got, b) || typ != codec.Binary {
			t.Errorf("%v became %v, %v", b, got, typ)
		}
	}
	for _, m := range []codec.Message{{codec.Text, []byte("é")}, {codec.Binary, []byte{0xFF}}} {
		if got, typ := over(t, codec.Raw(), m); got.Type != m.Type || typ != m.Type || !slices.Equal(got.Data, m.Data) {
			t.Errorf("%v became %v", m, got)
		}
	}
	floats := []float32{0, -0, 1.5, math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.Inf(-1))}
	if got, typ := over(t, codec.Float32(), floats); !slices.Equal(got, floats) || typ != codec.Binary {
		t.Errorf("%v became %v", floats, got)
	}
}

// A Float32Array in any browser of today.
func TestFloatsAreLittleEndian(t *testing.T) {
	b, _, _ := codec.Float32().Append(nil, []float32{1})
	if !slices.Equal(b, []byte{0, 0, 0x80, 0x3F}) {
		t.Errorf("% x", b)
	}
}

func TestErrorsSayWhere(t *testing.T) {
	var floats []float32
	var s string
	for name, test := range map[string]struct {
		err error
		at  int
	}{
		"cut number":     {codec.Float32().Decode(make([]byte, 10), codec.Binary, &floats), 8},
		"floats as text": {codec.Float32().Decode([]byte("1234"), codec.Text, &floats), 0},
		"binary to text": {codec.String().Decode([]byte("ab\xff"), codec.Binary, &s), 2},
		"cut rune":       {second(codec.String().Append(nil, "é\xe2\x82")), 2},
		"raw text":       {second(codec.Raw().Append(nil, codec.Message{Type: codec.Text, Data: []byte{0xC0}})), 0},
		"no type":        {second(codec.Raw().Append(nil, codec.Message{})), -1},
	} {
		e, ok := errors.AsType[*codec.Error](test.err)
		if !ok || e.Offset != test.at || e.Err == nil || e.Error() == "" {
			t.Errorf("%s: %v, want byte %d", name, test.err, test.at)
		}
	}
	// U+FFFD itself is good UTF-8.
	if err := second(codec.String().Append(nil, "\ufffd")); err != nil {
		t.Error(err)
	}
}

func second(_ []byte, _ codec.MessageType, err error) error { return err }

func FuzzFloat32(f *testing.F) {
	f.Add([]byte{0, 0, 0x80, 0x3F})
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		var v []float32
		err := codec.Float32().Decode(b, codec.Binary, &v)
		if (err == nil) != (len(b)%4 == 0) {
			t.Fatalf("%d bytes: %v", len(b), err)
		}
		if back, _, _ := codec.Float32().Append(nil, v); err == nil && !slices.Equal(back, b) && !hasNaN(v) {
			t.Fatalf("% x became % x", b, back)
		}
	})
}

// hasNaN: the bits of a NaN may change on the way through a register.
func hasNaN(v []float32) bool {
	return slices.ContainsFunc(v, func(f float32) bool { return f != f })
}

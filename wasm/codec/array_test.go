package codec_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// TestArraysAreLittleEndian: the bytes of a Float32Array, Int16Array… in any browser of today.
func TestArraysAreLittleEndian(t *testing.T) {
	for name, test := range map[string]struct{ got, want []byte }{
		"float32": {encoded([]float32{1}), []byte{0, 0, 0x80, 0x3F}},
		"float64": {encoded([]float64{1}), []byte{0, 0, 0, 0, 0, 0, 0xF0, 0x3F}},
		"int16":   {encoded([]int16{-2, 1}), []byte{0xFE, 0xFF, 1, 0}},
		"uint8":   {encoded([]uint8{1, 2}), []byte{1, 2}},
		"uint64":  {encoded([]uint64{1}), []byte{1, 0, 0, 0, 0, 0, 0, 0}},
		"none":    {encoded([]float64{}), nil},
	} {
		if !bytes.Equal(test.got, test.want) {
			t.Errorf("%s: % x, want % x", name, test.got, test.want)
		}
	}
}

func encoded[T codec.Number](v []T) []byte {
	b, _, _ := codec.Array[T]().Append(nil, v)
	return b
}

// TestArraysAgreeWithEncodingBinary, for every type and from any alignment.
func TestArraysAgreeWithEncodingBinary(t *testing.T) {
	t.Run("int8", agree(rapid.Int8()))
	t.Run("uint8", agree(rapid.Uint8()))
	t.Run("int16", agree(rapid.Int16()))
	t.Run("uint16", agree(rapid.Uint16()))
	t.Run("int32", agree(rapid.Int32()))
	t.Run("uint32", agree(rapid.Uint32()))
	t.Run("int64", agree(rapid.Int64()))
	t.Run("uint64", agree(rapid.Uint64()))
	t.Run("float32", agree(rapid.Float32()))
	t.Run("float64", agree(rapid.Float64()))
}

func agree[T codec.Number](one *rapid.Generator[T]) func(*testing.T) {
	return func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			v := rapid.SliceOf(one).Draw(t, "numbers")
			prefix := make([]byte, rapid.IntRange(0, 8).Draw(t, "prefix"))
			want, err := binary.Append(prefix, binary.LittleEndian, v)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := codec.Array[T]().Append(prefix, v)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("% x, %v, want % x", got, err, want)
			}
			var back []T
			if err := codec.Array[T]().Decode(got[len(prefix):], codec.Binary, &back); err != nil || !slices.Equal(back, v) {
				t.Fatalf("%v, %v, want %v", back, err, v)
			}
		})
	}
}

// TestAlignedNumbersAreNotCopied: decoding large arrays costs nothing, and appending to one leaves the message alone.
func TestAlignedNumbersAreNotCopied(t *testing.T) {
	b := make([]byte, 16, 32)
	c := codec.Array[float64]()
	var v []float64
	if allocs := testing.AllocsPerRun(100, func() { _ = c.Decode(b, codec.Binary, &v) }); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
	if len(v) != 2 || cap(v) != 2 {
		t.Errorf("%d numbers with room for %d", len(v), cap(v))
	}
}

func FuzzArray(f *testing.F) {
	f.Add([]byte{0, 0, 0x80, 0x3F})
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		var v []uint32
		err := codec.Array[uint32]().Decode(b, codec.Binary, &v)
		if (err == nil) != (len(b)%4 == 0) {
			t.Fatalf("%d bytes: %v", len(b), err)
		}
		if err == nil && !bytes.Equal(encoded(v), b) {
			t.Fatalf("% x became % x", b, encoded(v))
		}
	})
}

package codec

import (
	"encoding/binary"
	"testing"
)

// TestSwapIsABigEndianMachine: what swap makes of native bytes is the other byte order, so that Array works on both.
func TestSwapIsABigEndianMachine(t *testing.T) {
	b := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	swap[uint32](b)
	if binary.BigEndian.Uint32(b) != 0x04030201 || binary.BigEndian.Uint32(b[4:]) != 0x08070605 {
		t.Errorf("% x", b)
	}
}

// TestSliceNames: errors name the type that was asked for.
func TestSliceNames(t *testing.T) {
	for want, got := range map[string]string{
		"[]int8": sliceName[int8](), "[]uint8": sliceName[uint8](), "[]int16": sliceName[int16](), "[]uint16": sliceName[uint16](),
		"[]int32": sliceName[int32](), "[]uint32": sliceName[uint32](), "[]int64": sliceName[int64](), "[]uint64": sliceName[uint64](),
		"[]float32": sliceName[float32](), "[]float64": sliceName[float64](),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

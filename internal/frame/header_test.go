package frame

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// These tests prove that a header is read the same from any number of bytes that hold it, and written as it was read.

// anyHeader draws headers of every kind, wrong ones too.
var anyHeader = rapid.Custom(func(t *rapid.T) Header {
	h := Header{
		Fin:    rapid.Bool().Draw(t, "fin"),
		Rsv:    rapid.Uint8Range(0, 7).Draw(t, "rsv"),
		Opcode: Opcode(rapid.Uint8Range(0, 15).Draw(t, "opcode")),
		Masked: rapid.Bool().Draw(t, "masked"),
		Length: rapid.OneOf(rapid.Uint64Range(0, 130), rapid.Uint64Range(65530, 65540), rapid.Uint64()).Draw(t, "length"),
	}
	if h.Masked {
		copy(h.Key[:], rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "key"))
	}
	h.Size = h.minimalSize() + rapid.SampledFrom([]uint8{0, 2, 8}).Draw(t, "longer")
	if _, n := ParseHeader(AppendHeader(nil, h)); n != int(h.Size) {
		h.Size = h.minimalSize() // the longer length field was not one that exists
	}
	return h
})

func TestHeaderComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyHeader.Draw(t, "header")
		wire := AppendHeader(nil, h)
		got, n := ParseHeader(wire)
		if got != h || n != len(wire) || n != int(h.Size) {
			t.Fatalf("%x: got %+v (%d), want %+v", wire, got, n, h)
		}
	})
}

func FuzzHeader(f *testing.F) {
	for _, v := range vectors {
		wire := unhex(f, v.wire)
		f.Add(wire[:min(len(wire), MaxHeaderSize)])
	}
	f.Add(bytes.Repeat([]byte{0xFF}, MaxHeaderSize))
	f.Fuzz(func(t *testing.T, b []byte) {
		whole, n := ParseHeader(b)
		if n > len(b) || n > MaxHeaderSize || n == 0 && len(b) >= MaxHeaderSize {
			t.Fatalf("size %d of %d bytes", n, len(b))
		}
		for i := range b {
			h, k := ParseHeader(b[:i])
			if i < n || n == 0 {
				if k != 0 {
					t.Fatalf("%d bytes are enough for %d, but not all %d", i, k, len(b))
				}
			} else if h != whole || k != n {
				t.Fatalf("prefix %d: %+v (%d), whole: %+v (%d)", i, h, k, whole, n)
			}
		}
		if n > 0 && !bytes.Equal(AppendHeader(nil, whole), b[:n]) {
			t.Fatalf("%x comes back as %x", b[:n], AppendHeader(nil, whole))
		}
	})
}

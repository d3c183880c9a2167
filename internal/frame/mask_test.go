package frame

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// This test proves that masking by words is the masking of RFC 6455 §5.3: byte i with key[i mod 4].

func TestMaskingIsTheSameByWordsAndByBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "payload")
		key := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "key"))
		pos := rapid.Uint64().Draw(t, "position")
		want := make([]byte, len(src))
		for i, b := range src {
			want[i] = b ^ key[(pos+uint64(i))%4]
		}
		got := make([]byte, len(src)+1)
		xorMask(got, src, key, pos)
		if !bytes.Equal(got[:len(src)], want) || got[len(src)] != 0 {
			t.Fatalf("got %x, want %x", got, want)
		}
		xorMask(src, src, key, pos)
		if !bytes.Equal(src, want) {
			t.Fatalf("in place: got %x, want %x", src, want)
		}
	})
}

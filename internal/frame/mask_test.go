package frame

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// These tests prove that masking by words is the masking of RFC 6455 §5.3: byte i with key[i mod 4]; and that frames are left masked where
// that is asked for and nothing needs them unmasked.

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

// TestEachByteThatIsNotASCIIIsFound looks for one at every place of texts of every length up to several words.
func TestEachByteThatIsNotASCIIIsFound(t *testing.T) {
	for _, key := range [][4]byte{{}, {0x80, 0, 0, 0}, {1, 0x82, 3, 0x84}, {0xFF, 0xFF, 0xFF, 0xFF}} {
		for n := range 80 {
			text := bytes.Repeat([]byte{0x7F}, n)
			xorMask(text, text, key, 1)
			if !maskedASCII(text, key, 1) {
				t.Fatalf("%d bytes of ASCII under %x are not found to be ASCII", n, key)
			}
			for at := range n {
				text[at] ^= 0x80
				if maskedASCII(text, key, 1) {
					t.Fatalf("%d bytes under %x: byte %d is not found", n, key, at)
				}
				text[at] ^= 0x80
			}
		}
	}
}

func TestMaskedASCIIIsFoundWithoutUnmasking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.ByteMax(0x7F), 0, 200).Draw(t, "text")
		if len(text) > 0 && rapid.Bool().Draw(t, "other than ASCII") {
			text[rapid.IntRange(0, len(text)-1).Draw(t, "at")] |= 0x80
		}
		want := !slices.ContainsFunc(text, func(b byte) bool { return b >= 0x80 })
		key := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "key"))
		pos := rapid.Uint64().Draw(t, "position")
		xorMask(text, text, key, pos)
		if got := maskedASCII(text, key, pos); got != want {
			t.Fatalf("%x under %x at %d: %t, want %t", text, key, pos, got, want)
		}
	})
}

// TestLeftMaskedIsTheSameUnmasked: with random frames, cuts and snap lengths, a decoder that leaves frames masked finds what one does that
// does not.
func TestLeftMaskedIsTheSameUnmasked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Config{FromClient: true, Snap: rapid.SampledFrom([]int{-1, 3, 40, 1000}).Draw(t, "snap")}
		if rapid.Bool().Draw(t, "compression") {
			c.Deflate = &DeflateParams{}
		}
		var wire []byte
		for range rapid.IntRange(1, 6).Draw(t, "frames") {
			h := Header{
				Fin: rapid.Bool().Draw(t, "fin"), Opcode: rapid.SampledFrom([]Opcode{Continuation, Text, Text, Binary, 3, Ping, Close}).Draw(t, "opcode"),
				Masked: rapid.IntRange(0, 4).Draw(t, "masked") > 0, Key: [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "key")),
				Rsv: rapid.SampledFrom([]uint8{0, 0, 0, RSV1}).Draw(t, "rsv"),
			}
			payload := []byte(rapid.StringOfN(rapid.RuneFrom([]rune("abcdefghij\x00~é€😀\uFFFD")), 0, 60, -1).Draw(t, "payload"))
			if cut := rapid.IntRange(0, 8).Draw(t, "cut"); cut <= len(payload) {
				payload = payload[cut:] // in the middle of a character, sometimes
			}
			wire = AppendFrame(wire, h, payload)
		}
		wire = wire[:len(wire)-rapid.IntRange(0, min(3, len(wire))).Draw(t, "end")]
		var pieces [][]byte
		for b := wire; len(b) > 0; {
			n := rapid.IntRange(1, len(b)).Draw(t, "piece")
			pieces, b = append(pieces, b[:n]), b[n:]
		}
		want, wantErr := collect(c, wire)
		c.LeaveMasked = true
		if got, err := collect(c, pieces...); !reflect.DeepEqual(got, want) || !reflect.DeepEqual(err, wantErr) {
			t.Fatalf("got %+v, %v\nwant %+v, %v", got, err, want, wantErr)
		}
	})
}

func TestWhichFramesAreLeftMasked(t *testing.T) {
	for _, c := range []struct {
		name    string
		header  Header
		payload string
		want    bool
	}{
		{"binary", Header{Fin: true, Opcode: Binary, Masked: true}, "\xff\xfe", true},
		{"text in ASCII", Header{Fin: true, Opcode: Text, Masked: true}, "text", true},
		{"other text", Header{Fin: true, Opcode: Text, Masked: true}, "téxt", false},
		{"a fragment", Header{Opcode: Binary, Masked: true}, "a", false},
		{"a control frame", Header{Fin: true, Opcode: Ping, Masked: true}, "a", false},
		{"unmasked", Header{Fin: true, Opcode: Binary}, "a", false},
		{"compressed", Header{Fin: true, Opcode: Binary, Masked: true, Rsv: RSV1}, "a", false},
	} {
		c.header.Key = [4]byte{1, 2, 3, 4}
		d := NewDecoder(Config{FromClient: true, LeaveMasked: true, Deflate: &DeflateParams{}})
		wire := AppendFrame(nil, c.header, []byte(c.payload))
		for _, on := range []bool{true, false} {
			d.LeaveMasked(on)
			d.Feed(wire, func(f *Frame) {
				if f.LeftMasked != (c.want && on) {
					t.Errorf("%s: left masked: %t, asked for: %t", c.name, f.LeftMasked, on)
				}
			})
		}
	}
}

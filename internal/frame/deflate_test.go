package frame

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// These tests prove that compressed messages come back, in both directions and every mode of RFC 7692.

// deflateModes are permessage-deflate parameters with the modes of the client's direction.
func deflateModes() (modes []DeflateParams) {
	for _, bits := range []int{8, 9, 12, 15} {
		modes = append(modes, DeflateParams{ClientMaxWindowBits: bits}, DeflateParams{ClientMaxWindowBits: bits, ClientNoContextTakeover: true})
	}
	return append(modes, DeflateParams{}, DeflateParams{ClientNoContextTakeover: true})
}

// prose returns n bytes that compress well and repeat at many distances.
func prose(r *rand.Rand, n int) []byte {
	var b bytes.Buffer
	for b.Len() < n {
		fmt.Fprintf(&b, `{"id":%d,"symbol":"TETHER","price":%d.%02d} `, r.IntN(50), r.IntN(1000), r.IntN(100))
	}
	return b.Bytes()[:n]
}

func TestCompressedMessagesComeBack(t *testing.T) {
	for _, p := range deflateModes() {
		rapid.Check(t, func(t *rapid.T) {
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
			deflater := NewDeflater(p, true)
			var wire []byte
			var want [][]byte
			for range rapid.IntRange(1, 4).Draw(t, "messages") {
				m := prose(r, rapid.IntRange(0, 3000).Draw(t, "bytes"))
				h := Header{Opcode: Text, Masked: true}
				payload := m
				if rapid.IntRange(0, 3).Draw(t, "plain") > 0 {
					h.Rsv = RSV1
					payload = deflater.Append(nil, m)
				}
				want = append(want, m)
				wire = AppendFragments(wire, h, payload, rapid.SampledFrom([]int{0, 1, 100}).Draw(t, "fragment"), func() (k [4]byte) {
					k[0], k[1], k[2], k[3] = byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())
					return k
				})
			}
			frames, err := collect(Config{FromClient: true, Deflate: &p}, wire)
			for _, f := range frames {
				if f.Violations&^RepeatedKey != 0 {
					t.Fatalf("%+v: %v", p, f.Violations)
				}
				if f.message != nil {
					if !bytes.Equal(f.message.Body, want[0]) || f.message.Length != uint64(len(want[0])) {
						t.Fatalf("%+v: message %d is not what was sent", p, f.message.Number)
					}
					want = want[1:]
				}
			}
			if err != nil || len(want) > 0 {
				t.Fatalf("%v, %d messages missing", err, len(want))
			}
		})
	}
}

// TestSmallWindowIsKept inflates each piece of a stream with only the last 1<<bits bytes as context: a match that
// refers further back makes that fail.
func TestSmallWindowIsKept(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for bits := 8; bits < 15; bits++ {
		d := NewDeflater(DeflateParams{ServerMaxWindowBits: bits}, false)
		var window []byte
		for range 50 {
			m := prose(r, 1+r.IntN(1<<(bits-2)))
			z := append(d.Append(nil, m), flateTail...)
			got, err := io.ReadAll(flate.NewReaderDict(bytes.NewReader(z), window))
			if err != nil || !bytes.Equal(got, m) {
				t.Fatalf("window of 1<<%d bytes: %v", bits, err)
			}
			window = append(window, m...)
			window = window[max(0, len(window)-1<<bits):]
		}
	}
}

func TestAnEmptyMessageIsOneZeroByte(t *testing.T) {
	for _, p := range deflateModes() {
		if got := NewDeflater(p, true).Append(nil, nil); !bytes.Equal(got, []byte{0}) {
			t.Errorf("%+v: %x (RFC 7692 §7.2.3.6)", p, got)
		}
	}
}

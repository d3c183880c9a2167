package frame

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// These tests prove that what is encoded is decoded to the same, fragments included.

func TestFragmentsBecomeTheMessageAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "payload")
		size := rapid.IntRange(0, 310).Draw(t, "size")
		h := Header{Opcode: Binary, Masked: rapid.Bool().Draw(t, "masked")}
		keys := byte(0)
		wire := AppendFragments(nil, h, payload, size, func() [4]byte { keys++; return [4]byte{keys, 2, 3, 4} })

		frames, err := collect(Config{FromClient: h.Masked}, wire)
		want := 1
		if size > 0 && len(payload) > 0 {
			want = (len(payload) + size - 1) / size
		}
		last := frames[len(frames)-1].message
		if err != nil || len(frames) != want || last == nil || !bytes.Equal(last.Body, payload) || int(last.Frames) != want {
			t.Fatalf("%d frames, want %d, %+v, %v", len(frames), want, last, err)
		}
		for i, f := range frames {
			if f.Violations != 0 || f.Fin != (i == want-1) || f.MessageNumber != 1 || size > 0 && int(f.Length) > size {
				t.Fatalf("frame %d: %+v", i, f)
			}
		}
	})
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("Hello"), byte(0x81), true, uint32(0x37fa213d), uint8(0))
	f.Add([]byte{}, byte(0x88), false, uint32(0), uint8(2))
	f.Add(bytes.Repeat([]byte{7}, 70_000), byte(0x02), true, uint32(1), uint8(8))
	f.Fuzz(func(t *testing.T, payload []byte, b0 byte, masked bool, key uint32, longer uint8) {
		h := Header{Fin: b0&0x80 != 0, Rsv: b0 >> 4 & 7, Opcode: Opcode(b0 & 0xF), Masked: masked, Length: uint64(len(payload))}
		if masked {
			h.Key = [4]byte{byte(key), byte(key >> 8), byte(key >> 16), byte(key >> 24)}
		}
		h.Size = h.minimalSize() + longer%9
		frames, err := collect(Config{FromClient: masked, Snap: len(payload) + 1}, AppendFrame(nil, h, payload))
		if err != nil || len(frames) != 1 {
			t.Fatalf("%d frames, %v", len(frames), err)
		}
		got := frames[0]
		h.Size = got.Size // any length field that holds it is right
		if got.Header != h || !bytes.Equal(got.Payload, payload) {
			t.Fatalf("got %+v, want %+v", got.Header, h)
		}
	})
}

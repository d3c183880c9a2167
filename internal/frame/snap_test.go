package frame

import (
	"bytes"
	"fmt"
	"testing"
)

// TestSetSnap proves that a decoder keeps more or less of frames and of inflated messages as soon as it should, between two of them.
func TestSetSnap(t *testing.T) {
	params := DeflateParams{}
	z := NewDeflater(params, false)
	text := bytes.Repeat([]byte("0123456789"), 20)
	var wire []byte
	for _, h := range []Header{{Fin: true, Opcode: Binary}, {Fin: true, Rsv: RSV1, Opcode: Text}} {
		payload := text
		if h.Rsv != 0 {
			payload = z.Append(nil, text)
		}
		wire = AppendFrame(wire, h, payload)
	}
	d := NewDecoder(Config{Snap: 10, Deflate: &params})
	var got []string
	for _, snap := range []int{0, 150, 3, 1000} {
		if snap > 0 {
			d.SetSnap(snap)
		}
		for _, b := range wire {
			d.Feed([]byte{b}, func(f *Frame) { got = append(got, fmt.Sprint(len(f.Message.Body))) })
		}
	}
	if want := "[10 10 150 150 3 3 200 200]"; fmt.Sprint(got) != want {
		t.Errorf("kept %v, want %s", got, want)
	}
	d.KeepBodies(50)
	d.SetSnap(20)
	d.Feed(AppendFrame(nil, Header{Opcode: Text}, text), func(*Frame) {})
	d.Feed(AppendFrame(nil, Header{Fin: true, Opcode: Continuation}, nil), func(f *Frame) {
		if len(f.Message.Body) != 50 {
			t.Errorf("kept %d of a body under rules", len(f.Message.Body))
		}
	})
}

// These tests prove that a decoder knows where one frame ends and the next begins, wherever the bytes are cut.
package frame

import (
	"bytes"
	"testing"
)

// TestLeftLeadsFromFrameToFrame: feeding as many bytes as Left says leads to each boundary between two frames, and to nothing else.
func TestLeftLeadsFromFrameToFrame(t *testing.T) {
	key := [4]byte{1, 2, 3, 4}
	for _, size := range []int{0, 1, 125, 126, 200, 65535, 65536} {
		for _, h := range []Header{{Fin: true, Opcode: Text}, {Opcode: Binary, Masked: true, Key: key}, {Fin: true, Opcode: Ping}} {
			one := AppendFrame(nil, h, make([]byte, size))
			stream := bytes.Repeat(one, 3)
			for first := range min(len(one), 20) {
				d := NewDecoder(Config{})
				frames := 0
				emit := func(*Frame) { frames++ }
				d.Feed(stream[:first], emit)
				at := first
				for left := d.Left(); left > 0; left = d.Left() {
					d.Feed(stream[at:at+int(left)], emit)
					at += int(left)
				}
				if want := (first + len(one) - 1) / len(one); at != want*len(one) || frames != want {
					t.Fatalf("%v of %d bytes cut at %d: stopped at %d after %d frames", h.Opcode, size, first, at, frames)
				}
			}
		}
	}
}

func TestStateCountsWholeFrames(t *testing.T) {
	d := NewDecoder(Config{})
	b := AppendFrame(nil, Header{Opcode: Text}, []byte("a"))
	d.Feed(b[:2], func(*Frame) {})
	if d.State().InMessage {
		t.Error("a frame counts before it has come")
	}
	d.Feed(b[2:], func(*Frame) {})
	if !d.State().InMessage {
		t.Error("the message has begun")
	}
}

func TestWholeFrames(t *testing.T) {
	two := AppendFrame(AppendFrame(nil, Header{Fin: true, Opcode: Ping}, nil), Header{Fin: true, Masked: true, Opcode: Text}, []byte("hello"))
	for cut := range two {
		if Whole(two[:cut]) != (cut == 0 || cut == 2) {
			t.Errorf("cut at %d", cut)
		}
	}
	if !Whole(two) || Whole([]byte{0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0}) {
		t.Error("whole frames are not, or a frame longer than memory is")
	}
}

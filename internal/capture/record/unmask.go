package record

import "github.com/tetherscope/tetherscope/internal/frame"

// leftMasked is the bit, in the byte of side and direction, that says that the payload is masked. It is set inside a ring only: no reader
// looks there.
const leftMasked = 1 << 6

// unmaskEntry unmasks the payload of an encoded record that [AppendRecord] left masked, in place. The record must be one that this program has
// made.
func unmaskEntry(e []byte) {
	outer := reader{b: e}
	body := outer.bytes()
	if len(body) < 2 || body[1]&leftMasked == 0 {
		return
	}
	body[1] &^= leftMasked
	inner := reader{b: body, marks: true}
	var rec Record
	if inner.record(&rec); !inner.bad {
		frame.Unmask(rec.Payload, rec.Header.Key)
	}
}

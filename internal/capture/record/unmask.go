package record

import "github.com/tetherscope/tetherscope/internal/frame"

// leftMasked is the bit, in the byte of side and direction, that says that the payload is masked. It is set inside a ring only: no reader
// looks there.
const leftMasked = 1 << 6

// UnmaskBatch unmasks the payloads of a batch that [AppendRecord] left masked, in place. The batch must be one that this program has made.
func UnmaskBatch(b []byte) {
	if len(b) == 0 {
		return
	}
	r := reader{b: b, at: 1}
	_, count, _, _ := r.uvarint(), r.uvarint(), r.uvarint(), r.uvarint() // as in [ReadBatch]
	for ; count > 0 && !r.bad; count-- {
		body := r.bytes()
		if len(body) < 2 || body[1]&leftMasked == 0 {
			continue
		}
		body[1] &^= leftMasked
		inner := reader{b: body, marks: true}
		var rec Record
		if inner.record(&rec); !inner.bad {
			frame.Unmask(rec.Payload, rec.Header.Key)
		}
	}
}

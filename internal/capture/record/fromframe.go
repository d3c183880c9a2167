package record

import "github.com/tetherscope/tetherscope/internal/frame"

// SetFrame makes r the record of a frame that a decoder emitted. Seq, Time, Conn, Leg and Dir stay. The slices are
// those of f: valid as long as they are.
func (r *Record) SetFrame(f *frame.Frame) {
	r.Kind = KindFrame
	r.Header, r.Offset, r.Violations, r.Truncated = f.Header, f.Offset, f.Violations, f.Truncated
	r.Payload, r.LeftMasked, r.Message = f.Payload, f.LeftMasked, f.MessageNumber
	r.Final, r.Frames, r.Wire, r.Inflated, r.Compressed, r.Body = false, 0, 0, 0, false, nil
	if m := f.Message; m != nil {
		r.Final, r.Frames, r.Wire, r.Inflated, r.Compressed = true, m.Frames, m.Wire, m.Length, m.Compressed
		r.Violations |= m.Violations
		r.Body = messageBody(m)
	}
}

// messageBody returns what the application gets, or nil when that is the frame's own payload.
func messageBody(m *frame.Message) []byte {
	switch {
	case m.Frames == 1 && !m.Compressed:
		return nil
	case m.Body == nil:
		return []byte{}
	}
	return m.Body
}

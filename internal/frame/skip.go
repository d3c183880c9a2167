package frame

// Skip passes over n bytes of the stream that are not known, as where a capture lost a packet. It reports whether the start of
// the next frame is still known: when the bytes are all of the payload of the frame being read. That frame's Payload then ends
// where they begin, though its Length says more. Otherwise decoding goes on as if a header followed: the caller
// finds one. Whether a message had begun before it is not known then, nor, with context takeover, what it refers to
// ([InflateLost]).
func (d *Decoder) Skip(n uint64, emit func(*Frame)) (found bool) {
	if d.err != nil || d.ended || n == 0 {
		return true
	}
	if d.inFrame {
		in := min(n, d.left)
		d.skipPayload(in)
		d.offset += in
		if n -= in; d.left == 0 {
			d.endFrame(emit)
		}
		if n == 0 {
			return true
		}
	}
	d.offset += n
	d.headLen = 0
	d.state = State{FromClient: d.state.FromClient, Deflate: d.state.Deflate, Closed: d.state.Closed}
	if d.config.Deflate != nil {
		d.inflate.abandon()
	}
	return false
}

// skipPayload passes over bytes of the current frame's payload. Nothing behind them is kept, of the frame or its message.
func (d *Decoder) skipPayload(n uint64) {
	d.left -= n
	d.keep = len(d.buffered())
	switch {
	case d.frame.Opcode.IsControl():
	case d.message.Compressed:
		d.inflate.skip()
	default:
		d.content.skip(n)
	}
}

// buffered returns what was kept of the current payload.
func (d *Decoder) buffered() []byte {
	if d.buf == nil {
		return nil
	}
	return *d.buf
}

// skip passes over bytes of the message: its body ends before them, and whether it is UTF-8 is not known.
func (c *content) skip(n uint64) {
	c.length += n
	c.text, c.snap = false, len(c.body)
}

// skip gives the current message up.
func (z *inflater) skip() {
	z.skipped = true
	z.release()
}

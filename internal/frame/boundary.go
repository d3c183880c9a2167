package frame

// Left returns how many bytes at least must be fed before the decoder is at the next boundary between two frames: 0 when it
// is at one now. Inside a header it counts only the rest of the header, since the payload's length is not known yet. It has
// no meaning once [Decoder.Err] is set.
func (d *Decoder) Left() uint64 {
	switch {
	case d.inFrame:
		return d.left
	case d.headLen == 0:
		return 0
	case d.headLen == 1:
		return 1
	}
	size := 2 + extendedSize(uint64(d.head[1]&0x7F))
	if d.head[1]&0x80 != 0 {
		size += 4
	}
	return uint64(size - d.headLen)
}

// State returns the state that the next frame is checked against: whether it is inside a message, after a close frame, and
// so on. A frame that is being read does not count yet.
func (d *Decoder) State() State { return d.state }

// Whole reports whether b is one frame after another from its first byte to its last, each with all of its payload.
func Whole(b []byte) bool {
	for len(b) > 0 {
		h, n := ParseHeader(b)
		if n == 0 || uint64(len(b)-n) < h.Length {
			return false
		}
		b = b[n+int(h.Length):]
	}
	return true
}

// Offset returns how many bytes were fed or skipped so far.
func (d *Decoder) Offset() uint64 { return d.offset }

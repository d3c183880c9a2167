package frame

import (
	"encoding/binary"
	"unicode/utf8"
)

// Run is what [Decoder.PassRun] knows of the frames that it passed over. Each is a whole data message of its own, not compressed, and violates
// nothing, but that its key may be that of the frame before it ([RepeatedKey]).
type Run struct {
	Frames   uint32
	Texts    uint32 // how many of them are text; the others are binary
	Repeats  uint32 // how many repeat the key of the frame before them
	Repeated bool   // the first of them does
	Length   uint64 // payload bytes of all
	Offset   uint64 // of the first one's header, counted from the first byte fed
	Message  uint64 // number of the first message in its direction; the others follow
}

// PassRun passes over frames at the beginning of p, as if they had been fed, without emitting them: who keeps the bytes can find the
// frames in them later. It returns how many bytes that were, at most the given number, and stops in front of the first frame that is
// more than a header and bytes to count: a control frame, a fragment, a compressed message, one that is cut by the end of p or at
// Config.Snap, text that is not UTF-8 or, masked, not ASCII, anything of 64 KiB or more, and anything wrong. Without Config.LeaveMasked it passes over
// nothing.
func (d *Decoder) PassRun(p []byte, most int) (run Run, n int) {
	if !d.config.LeaveMasked || d.err != nil || d.ended || d.inFrame || d.headLen > 0 || d.state.InMessage || d.state.Closed {
		return Run{}, 0
	}
	p = p[:min(len(p), most)]
	run.Offset, run.Message = d.offset, d.message.Number+1
	for n < len(p) {
		size, length := plainHeader(p[n:], d.state.FromClient)
		if size == 0 || length > len(p)-n-size || length > d.config.Snap {
			break
		}
		key, end := [4]byte{}, n+size+length
		if d.state.FromClient {
			key = [4]byte(p[n+size-4:])
		}
		text := Opcode(p[n]&0xF) == Text
		if text && !isText(p[n+size:end], key) {
			break
		}
		run.count(text, length, d.state.Keyed && key == d.state.LastKey)
		if d.state.FromClient {
			d.state.Keyed, d.state.LastKey = true, key
		}
		n = end
	}
	d.offset += uint64(n)
	d.message.Number += uint64(run.Frames)
	return run, n
}

// plainHeader returns the size of the header at the beginning of b and the length that it gives, if it is that of a message of one frame, not
// compressed, and [Check] would find nothing wrong outside of messages but the key of the frame before; else 0. It is [ParseHeader] and Check
// for the frames that nearly all are, in a third of the time.
func plainHeader(b []byte, client bool) (size, length int) {
	if len(b) < 2 || b[0] != 0x80|byte(Text) && b[0] != 0x80|byte(Binary) || b[1]&0x80 != 0 != client {
		return 0, 0
	}
	size, length = 2, int(b[1]&0x7F)
	switch length {
	case 126:
		if len(b) < 4 {
			return 0, 0
		}
		size, length = 4, int(binary.BigEndian.Uint16(b[2:]))
		if length <= maxControl {
			return 0, 0
		}
	case 127:
		return 0, 0 // longer than a run is
	}
	if !client {
		return size, length
	}
	if len(b) < size+4 || binary.LittleEndian.Uint32(b[size:]) == 0 {
		return 0, 0
	}
	return size + 4, length
}

// isText reports whether a payload is valid text, as far as that is seen without unmasking it. A key of zeros is that of an unmasked one.
func isText(payload []byte, key [4]byte) bool {
	return maskedASCII(payload, key, 0) || key == [4]byte{} && utf8.Valid(payload)
}

// count counts a message.
func (r *Run) count(text bool, length int, repeats bool) {
	r.Length += uint64(length)
	if text {
		r.Texts++
	}
	if repeats {
		r.Repeats++
		r.Repeated = r.Repeated || r.Frames == 0
	}
	r.Frames++
}

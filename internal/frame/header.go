package frame

import (
	"encoding/binary"
)

// MaxHeaderSize is the size in bytes of the longest frame header: 2 bytes, a 64-bit length and a masking key.
const MaxHeaderSize = 14

// The reserved bits as they are in [Header.Rsv], a 3-bit value with RSV1 highest.
const (
	RSV1 uint8 = 4 // "per-message compressed" once permessage-deflate is negotiated (RFC 7692 §6)
	RSV2 uint8 = 2
	RSV3 uint8 = 1
)

// Header is the header of one frame (RFC 6455 §5.2), exactly as it was sent.
type Header struct {
	Fin    bool    // final frame of its message
	Rsv    uint8   // 3 bits: RSV1 = 4, RSV2 = 2, RSV3 = 1
	Opcode Opcode  // 4 bits
	Masked bool    // a masking key follows the length
	Key    [4]byte // masking key; zero when not Masked
	Length uint64  // declared payload length in bytes, all 64 bits, the forbidden top bit included
	Size   uint8   // bytes that the header took on the wire: 2–14. Tells a non-minimal length from a minimal one
}

// ParseHeader reads one header from the start of b. It returns the header and its size in bytes; a size of zero means
// that b is too short and more bytes are needed. Any 14 bytes can be parsed; [Check] tells whether they are valid.
func ParseHeader(b []byte) (h Header, n int) {
	if len(b) < 2 {
		return Header{}, 0
	}
	h.Fin = b[0]&0x80 != 0
	h.Rsv = b[0] >> 4 & 7
	h.Opcode = Opcode(b[0] & 0xF)
	h.Masked = b[1]&0x80 != 0
	h.Length = uint64(b[1] & 0x7F)
	n = 2 + extendedSize(h.Length)
	keyAt := n
	if h.Masked {
		n += 4
	}
	if len(b) < n {
		return Header{}, 0
	}
	switch h.Length {
	case 126:
		h.Length = uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		h.Length = binary.BigEndian.Uint64(b[2:])
	}
	if h.Masked {
		copy(h.Key[:], b[keyAt:])
	}
	h.Size = uint8(n)
	return h, n
}

// extendedSize returns how many bytes of extended length follow a 7-bit length.
func extendedSize(len7 uint64) int {
	switch len7 {
	case 126:
		return 2
	case 127:
		return 8
	}
	return 0
}

// AppendHeader appends the wire form of h to dst. Size chooses the length field when it names one that holds Length
// (so that a parsed header is appended as it was sent, non-minimal lengths included); otherwise the shortest is used.
func AppendHeader(dst []byte, h Header) []byte {
	b0 := h.Rsv<<4 | byte(h.Opcode)&0xF
	if h.Fin {
		b0 |= 0x80
	}
	var b1 byte
	if h.Masked {
		b1 = 0x80
	}
	switch lengthSize(h) {
	case 8:
		dst = append(dst, b0, b1|127)
		dst = binary.BigEndian.AppendUint64(dst, h.Length)
	case 2:
		dst = append(dst, b0, b1|126)
		dst = binary.BigEndian.AppendUint16(dst, uint16(h.Length))
	default:
		dst = append(dst, b0, b1|byte(h.Length))
	}
	if h.Masked {
		dst = append(dst, h.Key[:]...)
	}
	return dst
}

// lengthSize returns the bytes of extended length to write for h: 0, 2 or 8.
func lengthSize(h Header) int {
	need := 0
	switch {
	case h.Length > 0xFFFF:
		need = 8
	case h.Length > 125:
		need = 2
	}
	asked := int(h.Size) - 2
	if h.Masked {
		asked -= 4
	}
	if (asked == 2 || asked == 8) && asked > need {
		return asked
	}
	return need
}

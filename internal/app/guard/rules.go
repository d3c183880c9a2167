package guard

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// The close codes (RFC 6455 §7.4.1) that a breach ends a connection with.
const (
	ProtocolError  uint16 = 1002
	InvalidPayload uint16 = 1007
	MessageTooBig  uint16 = 1009
	PolicyBroken   uint16 = 1008
)

// Breach is a rule that the peer broke. The zero Breach means none.
type Breach struct {
	Code uint16 // what the connection is closed with; 0: no breach
	Rule string // at most 123 bytes, so that it fits a close reason
}

// Limits bounds what a peer may declare. A limit of 0 means the default; there is no way to have none.
type Limits struct {
	MaxMessage   int64 // declared bytes of all frames of one message, as on the wire; default 65,536
	MaxFragments int   // frames of one message, empty ones included; default 4,096
}

// withDefaults fills in the limits that are 0.
func (l Limits) withDefaults() Limits {
	if l.MaxMessage == 0 {
		l.MaxMessage = 65536
	}
	if l.MaxFragments == 0 {
		l.MaxFragments = 4096
	}
	return l
}

// state is what the rules need to know between frames.
type state struct {
	limits     Limits
	compressed bool // permessage-deflate was agreed, so RSV1 may begin a data message
	fragments  int  // frames so far of the message under way; 0: none is under way
	declared   int64
}

// header judges the next frame by its header, and counts it.
func (s *state) header(h frame.Header) Breach {
	switch {
	case !h.Masked:
		return Breach{ProtocolError, "a client's frames are masked (RFC 6455 section 5.1)"}
	case h.Opcode.IsReserved():
		return Breach{ProtocolError, "reserved opcode (RFC 6455 section 5.2)"}
	case h.Rsv&(frame.RSV2|frame.RSV3) != 0, h.Rsv&frame.RSV1 != 0 && !s.mayCompress(h):
		return Breach{ProtocolError, "reserved bit set (RFC 6455 section 5.2)"}
	case h.Length>>63 != 0:
		return Breach{ProtocolError, "length with its top bit set (RFC 6455 section 5.2)"}
	case h.Opcode.IsControl():
		return control(h)
	}
	return s.data(h)
}

// mayCompress reports whether RSV1 is legal on h: on the first frame of a data message (RFC 7692 §6).
func (s *state) mayCompress(h frame.Header) bool {
	return s.compressed && !h.Opcode.IsControl() && h.Opcode != frame.Continuation
}

// control judges a control frame (RFC 6455 §5.5).
func control(h frame.Header) Breach {
	switch {
	case h.Length > 125:
		return Breach{ProtocolError, "control frame over 125 bytes (RFC 6455 section 5.5)"}
	case !h.Fin:
		return Breach{ProtocolError, "fragmented control frame (RFC 6455 section 5.5)"}
	case h.Opcode == frame.Close && h.Length == 1:
		return Breach{ProtocolError, "close frame of one byte (RFC 6455 section 5.5.1)"}
	}
	return Breach{}
}

// data judges a data frame by its place in its message (RFC 6455 §5.4), and by what the message has declared so far.
func (s *state) data(h frame.Header) Breach {
	switch {
	case h.Opcode == frame.Continuation && s.fragments == 0:
		return Breach{ProtocolError, "continuation without a message (RFC 6455 section 5.4)"}
	case h.Opcode != frame.Continuation && s.fragments > 0:
		return Breach{ProtocolError, "new message inside another (RFC 6455 section 5.4)"}
	}
	s.fragments++
	// In this order the sum cannot overflow: both sides are at most MaxMessage.
	if h.Length > uint64(s.limits.MaxMessage) || s.declared+int64(h.Length) > s.limits.MaxMessage {
		return Breach{MessageTooBig, "message too big"}
	}
	s.declared += int64(h.Length)
	if s.fragments > s.limits.MaxFragments {
		return Breach{PolicyBroken, "too many fragments"}
	}
	if h.Fin {
		s.fragments, s.declared = 0, 0
	}
	return Breach{}
}

// closing judges the unmasked payload of a close frame (RFC 6455 §5.5.1, §7.4).
func closing(p []byte) Breach {
	if len(p) == 0 {
		return Breach{}
	}
	if !sendable(binary.BigEndian.Uint16(p)) {
		return Breach{ProtocolError, "close code that may not be sent (RFC 6455 section 7.4)"}
	}
	if !utf8.Valid(p[2:]) {
		return Breach{InvalidPayload, "close reason is not UTF-8 (RFC 6455 section 8.1)"}
	}
	return Breach{}
}

// sendable reports whether code may stand in a close frame: 1000–1003, 1007–1014 and 3000–4999 (RFC 6455 §7.4 and the
// IANA registry). 1004, 1005, 1006 and 1015 are reserved for what never travels.
func sendable(code uint16) bool {
	return code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014 || code >= 3000 && code <= 4999
}

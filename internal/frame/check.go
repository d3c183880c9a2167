package frame

// State is what the rules of RFC 6455 need to know of one direction before a frame. Whether a header is valid depends on
// nothing else.
type State struct {
	FromClient bool    // the direction: true for what the client sends
	Deflate    bool    // permessage-deflate was negotiated, so RSV1 has a meaning
	InMessage  bool    // a fragmented message has begun and not ended
	Closed     bool    // a close frame has been sent in this direction
	Keyed      bool    // a masked frame came before, and LastKey is its key
	LastKey    [4]byte // masking key of the frame before
}

// maxControl is the longest payload of a control frame in bytes (RFC 6455 §5.5).
const maxControl = 125

// Check returns the rules that a frame with header h violates in state s. It is pure; [Decoder] and [ParseClose] check what
// needs the payload: UTF-8, close codes and DEFLATE.
func Check(h Header, s State) Violations {
	v := checkMask(h, s) | checkRSV(h, s) | checkLength(h)
	if s.Closed {
		v |= AfterClose
	}
	if h.Opcode.IsReserved() {
		v |= ReservedOpcode
	}
	if h.Opcode.IsControl() {
		return v | checkControl(h)
	}
	switch starts := h.Opcode != Continuation; {
	case starts && s.InMessage:
		v |= MessageInsideMessage
	case !starts && !s.InMessage:
		v |= ContinuationWithoutStart
	}
	return v
}

// Next returns the state after a frame with header h.
func (s State) Next(h Header) State {
	if h.Masked {
		s.Keyed, s.LastKey = true, h.Key
	}
	if h.Opcode == Close {
		s.Closed = true
	}
	if !h.Opcode.IsControl() {
		s.InMessage = !h.Fin
	}
	return s
}

func checkMask(h Header, s State) (v Violations) {
	switch {
	case s.FromClient && !h.Masked:
		return UnmaskedClient
	case !s.FromClient && h.Masked:
		v = MaskedServer
	}
	if !h.Masked {
		return v
	}
	if h.Key == [4]byte{} {
		v |= ZeroKey
	}
	if s.Keyed && h.Key == s.LastKey {
		v |= RepeatedKey
	}
	return v
}

func checkRSV(h Header, s State) (v Violations) {
	if h.Rsv == 0 {
		return 0
	}
	if !s.Deflate {
		return RSVUndefined
	}
	if h.Rsv&(RSV2|RSV3) != 0 {
		v = RSVUndefined
	}
	switch {
	case h.Rsv&RSV1 == 0:
	case h.Opcode.IsControl():
		v |= RSV1Control
	case h.Opcode == Continuation:
		v |= RSV1Continuation
	}
	return v
}

func checkLength(h Header) (v Violations) {
	if h.Length>>63 != 0 {
		v = LengthTopBit
	}
	if h.Size > h.minimalSize() {
		v |= NonMinimalLength
	}
	return v
}

// minimalSize returns the size in bytes of the shortest header that says what h says.
func (h Header) minimalSize() uint8 {
	n := uint8(2)
	switch {
	case h.Length > 0xFFFF:
		n += 8
	case h.Length > maxControl:
		n += 2
	}
	if h.Masked {
		n += 4
	}
	return n
}

func checkControl(h Header) (v Violations) {
	if !h.Fin {
		v = FragmentedControl
	}
	if h.Length > maxControl {
		v |= LongControl
	}
	return v
}

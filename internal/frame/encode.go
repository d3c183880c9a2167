package frame

import "slices"

// AppendFrame appends one frame to dst: h with its Length set to len(payload), then the payload, masked with h.Key when
// h.Masked. Size may ask for a longer length field than needed, as in [AppendHeader]. Nothing is checked, so that wrong
// frames can be made on purpose; for a wrong length, use AppendHeader and append the payload.
func AppendFrame(dst []byte, h Header, payload []byte) []byte {
	h.Length = uint64(len(payload))
	dst = AppendHeader(dst, h)
	if !h.Masked {
		return append(dst, payload...)
	}
	at := len(dst)
	dst = slices.Grow(dst, len(payload))[:at+len(payload)]
	xorMask(dst[at:], payload, h.Key, 0)
	return dst
}

// AppendFragments appends a message to dst in frames of at most size payload bytes (RFC 6455 §5.4). h is the header of
// its first frame: opcode and RSV bits; FIN and lengths are set here. When h.Masked, key is called for the masking key of
// each frame. A size below 1 gives one frame; an empty message is one empty frame.
func AppendFragments(dst []byte, h Header, payload []byte, size int, key func() [4]byte) []byte {
	if size < 1 {
		size = len(payload)
	}
	for {
		n := min(size, len(payload))
		h.Fin = n == len(payload)
		if h.Masked {
			h.Key = key()
		}
		dst = AppendFrame(dst, h, payload[:n])
		if h.Fin {
			return dst
		}
		payload = payload[n:]
		h.Opcode, h.Rsv = Continuation, 0
	}
}

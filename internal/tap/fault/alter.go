package fault

import (
	"slices"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// alter returns a frame's bytes as an action changes them, or nil when it does not change this frame. A frame that is
// split is not altered further.
func alter(raw []byte, a *Action, c *chance) []byte {
	h, n := frame.ParseHeader(raw)
	payload := raw[n:]
	if uint64(len(payload)) != h.Length {
		return nil
	}
	switch a.Kind { //nolint:exhaustive // the others change no bytes
	case Corrupt:
		return corrupt(raw, n, a.N, c)
	case Truncate:
		if len(payload) <= a.N {
			return nil
		}
		return frame.AppendFrame(nil, resized(h), unmasked(h, payload)[:a.N])
	case Split:
		if h.Opcode.IsControl() || len(payload) < 2 {
			return nil
		}
		return split(h, unmasked(h, payload), min(a.N, len(payload)), c)
	}
	return nil
}

// corrupt changes one byte of the payload that begins at n: the given one, or any when at is below 0.
func corrupt(raw []byte, n, at int, c *chance) []byte {
	length := len(raw) - n
	if at < 0 {
		at = c.below(length)
	}
	if at >= length {
		return nil
	}
	changed := slices.Clone(raw)
	changed[n+at] ^= byte(1 + c.below(255)) // never 0, which would change nothing; the mask makes no difference to that
	return changed
}

// split makes fragments of a frame (RFC 6455 §5.4). RSV1 stays on the first (RFC 7692 §6.1); the last is final when the
// frame was.
func split(h frame.Header, payload []byte, into int, c *chance) []byte {
	var out []byte
	size := (len(payload) + into - 1) / into
	for part := range slices.Chunk(payload, size) {
		f := resized(h)
		f.Fin = false
		if f.Masked && len(out) > 0 {
			f.Key = c.key()
		}
		if len(out) > 0 {
			f.Opcode, f.Rsv = frame.Continuation, 0
		}
		payload = payload[len(part):]
		f.Fin = h.Fin && len(payload) == 0
		out = frame.AppendFrame(out, f, part)
	}
	return out
}

// resized returns a header whose length field is as short as possible.
func resized(h frame.Header) frame.Header {
	h.Size = 0
	return h
}

// unmasked returns the payload as the application means it: a copy where it is masked.
func unmasked(h frame.Header, payload []byte) []byte {
	if !h.Masked {
		return payload
	}
	plain := make([]byte, len(payload))
	for i, b := range payload {
		plain[i] = b ^ h.Key[i&3]
	}
	return plain
}

package fault

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// Limits of a frame that is too long to be collected.
const (
	// EvaluatedBytes is how much of its payload the rules are evaluated with.
	EvaluatedBytes = 64 << 10

	maxWaiting = 100 // control frames of rules that wait for its end; more are not sent
)

// stream is a frame on its way that is too long to be collected: the rules were evaluated at its beginning, and act on its
// parts as they come.
type stream struct {
	h       frame.Header // as its sender wrote it
	from    uint64       // its offset in the direction
	at      uint64       // bytes of payload that have come
	delay   time.Duration
	rate    int
	gone    bool   // the rest is not passed on
	keep    uint64 // bytes of payload that are passed on
	piece   uint64 // bytes of payload in each fragment; 0 for one frame
	flips   bool   // one byte is changed
	flip    uint64 // its place in the payload
	by      byte
	marks   record.Marks
	waiting []Step // control frames, which cannot stand inside it
	closes  bool   // one of them is a close frame
}

func (s *stream) altered() bool { return s.marks&record.Altered != 0 }

// change appends to dst what is passed on of a part of the payload.
func (s *stream) change(dst, payload []byte) []byte {
	end := s.at + uint64(len(payload))
	for s.at < min(end, s.keep) {
		n := min(end, s.keep) - s.at
		if s.piece > 0 {
			if s.at > 0 && s.at%s.piece == 0 {
				dst = s.appendHeader(dst, s.at)
			}
			n = min(n, s.piece-s.at%s.piece)
		}
		dst = append(dst, payload[:n]...)
		if s.flips && s.at <= s.flip && s.flip < s.at+n {
			dst[len(dst)-int(s.at+n-s.flip)] ^= s.by
		}
		s.at, payload = s.at+n, payload[n:]
	}
	s.at = end
	return dst
}

// appendHeader appends the header of what begins at a byte of the payload: of the whole frame, or of a fragment. The key of a
// later fragment is the first one's, rotated so that the payload stays masked as it is.
func (s *stream) appendHeader(dst []byte, at uint64) []byte {
	h := resized(s.h)
	h.Length = s.keep
	if s.piece > 0 {
		h.Length = min(s.piece, s.keep-at)
		h.Fin = s.h.Fin && at+h.Length == s.keep
	}
	if at > 0 {
		h.Opcode, h.Rsv = frame.Continuation, 0
		for i := range h.Key {
			h.Key[i] = s.h.Key[(at+uint64(i))&3]
		}
	}
	return frame.AppendHeader(dst, h)
}

// alter notes what an action does to the frame, and reports whether it does anything. A frame that is split is not altered
// further.
func (s *stream) alter(a *Action, c *chance) bool {
	switch {
	case s.piece > 0 || s.keep == 0:
		return false
	case a.Kind == Truncate:
		if uint64(a.N) >= s.keep {
			return false
		}
		s.keep = uint64(a.N)
	case a.Kind == Split:
		s.piece = (s.keep + uint64(a.N) - 1) / uint64(a.N)
	case a.Kind == Corrupt:
		at := uint64(max(a.N, 0))
		if a.N < 0 {
			at = c.next() % s.keep
		}
		if at >= s.keep {
			return false
		}
		s.flips, s.flip, s.by = true, at, byte(1+c.below(255))
	}
	return true
}

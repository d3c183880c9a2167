package fault

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// Limits of a frame that is too long to be collected.
const (
	// JudgedBytes is how much of its payload is there when the rules are asked about it.
	JudgedBytes = 64 << 10

	maxWaiting = 100 // control frames of rules that wait for its end; more are not said
)

// stream is a frame on its way that is too long to be collected: the rules were asked at its beginning, and what they do is
// done to its parts as they come.
type stream struct {
	h       frame.Header // as its sender wrote it
	from    uint64       // its place in the direction
	at      uint64       // bytes of payload that came
	delay   time.Duration
	rate    int
	gone    bool   // what comes is not passed on
	keep    uint64 // bytes of payload that pass
	piece   uint64 // bytes of payload in each fragment; 0 for one frame
	flips   bool   // a byte is changed
	flip    uint64 // which
	by      byte
	marks   record.Marks
	waiting []Step // control frames, which cannot stand inside it
	closes  bool   // one of them is a close frame
}

func (s *stream) altered() bool { return s.marks&record.Altered != 0 }

// Begin takes the beginning of a frame that is too long to be collected: its header and [JudgedBytes] of payload or more, and
// a record of that. The rest goes through [Lane.Pass], and then comes [Lane.Finish].
func (l *Lane) Begin(now time.Duration, raw []byte, r *record.Record) {
	l.frames++
	h, n := frame.ParseHeader(raw)
	s := &stream{h: h, from: r.Offset, keep: h.Length}
	if l.swallows || l.closed {
		s.gone, s.marks, l.stream = true, record.Dropped, s
		return
	}
	p := passing{Lane: l, now: now, due: now, raw: raw, long: s}
	p.ask(r)
	l.stream = s // from here on nothing else stands before its end
	s.delay, s.rate, s.marks = p.due-now, p.rate, p.marks
	if p.raw == nil {
		s.gone = true
		return
	}
	p.flushMerge() // the rest of that message is not merged
	head := raw[:n]
	if s.altered() {
		head = s.appendHeader(nil, 0)
	}
	l.put(now, head, raw[n:])
}

// Pass takes a part of a frame that began with [Lane.Begin], or bytes that nobody can judge.
func (l *Lane) Pass(now time.Duration, part []byte) {
	switch {
	case l.stream != nil:
		l.put(now, nil, part)
	case !l.swallows && !l.closed:
		l.queue(Step{Bytes: append([]byte(nil), part...), due: now})
	}
}

// Finish ends a frame that began with [Lane.Begin], and returns what was decided about it.
func (l *Lane) Finish() record.Marks {
	s := l.stream
	if s == nil {
		return 0 // its beginning was not seen
	}
	l.stream = nil
	for _, step := range s.waiting {
		l.queue(step)
	}
	l.closed = l.closed || s.closes
	return s.marks
}

// put passes on what the rules leave of a part.
func (l *Lane) put(now time.Duration, head, payload []byte) {
	s := l.stream
	if l.swallows {
		s.gone = true
	}
	if s.gone {
		s.at += uint64(len(payload))
		return
	}
	out := s.change(append([]byte(nil), head...), payload)
	if len(out) == 0 {
		return
	}
	step := Step{Bytes: out, due: now + s.delay, rate: s.rate}
	if s.altered() {
		step.Shown, step.More, step.Marks = out, s.at < s.keep, record.Injected|record.Altered
	}
	if s.at >= s.h.Length {
		step.From, step.To, step.Came = s.from, s.from+uint64(s.h.Size)+s.h.Length, now
	}
	l.queue(step)
}

// change appends to dst what passes of a part of the payload.
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

// appendHeader appends the header of what begins at a byte of the payload: of all of it, or of a fragment. The key of a later
// fragment is the first one's, turned so that the payload needs no other mask.
func (s *stream) appendHeader(dst []byte, at uint64) []byte {
	h := reheaded(s.h)
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

// alter notes what a verb does to the frame, and reports whether it does anything. What was split is altered no further.
func (s *stream) alter(a *Action, c *chance) bool {
	switch {
	case s.piece > 0 || s.keep == 0:
		return false
	case a.Verb == Truncate:
		if uint64(a.N) >= s.keep {
			return false
		}
		s.keep = uint64(a.N)
	case a.Verb == Split:
		s.piece = (s.keep + uint64(a.N) - 1) / uint64(a.N)
	case a.Verb == Corrupt:
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

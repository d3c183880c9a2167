package fault

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// Begin takes the beginning of a frame that is too long to be collected: its header and [EvaluatedBytes] of payload or more,
// and a record of that. The rest goes through [Shaper.Pass], and then comes [Shaper.Finish].
func (s *Shaper) Begin(now time.Duration, raw []byte, r *record.Record) {
	s.frames++
	h, n := frame.ParseHeader(raw)
	long := &stream{h: h, from: r.Offset, keep: h.Length}
	if s.swallows || s.closed {
		s.inflation.missed(h)
		long.gone, long.marks, s.stream = true, record.Dropped, long
		return
	}
	e := evaluation{state: &s.state, now: now, due: now, raw: raw, long: long}
	s.row.Set(r)
	if e.inflateLong(h); e.raw != nil {
		e.script()
		e.evaluate()
	}
	e.settle()
	s.stream = long // no other frame is sent before its end
	long.delay, long.rate, long.marks = e.due-now, e.rate, e.marks
	if e.raw == nil {
		long.gone = true
		return
	}
	s.flushMerge(now) // the rest of that message is not merged
	head := raw[:n]
	if long.altered() {
		head = long.appendHeader(nil, 0)
	}
	s.put(now, head, raw[n:])
}

// Pass takes a part of a frame that began with [Shaper.Begin], or bytes that are no frames, for which no rules are evaluated.
func (s *Shaper) Pass(now time.Duration, part []byte) {
	switch {
	case s.stream != nil:
		s.put(now, nil, part)
	case !s.swallows && !s.closed:
		s.queue(Step{Bytes: append([]byte(nil), part...), due: now})
	}
}

// Finish ends a frame that began with [Shaper.Begin], and returns the marks of what the rules did to it.
func (s *Shaper) Finish() record.Marks {
	long := s.stream
	if long == nil {
		return 0 // its beginning was not seen
	}
	s.stream = nil
	defer s.follow(long.h)
	for _, step := range long.waiting {
		s.queue(step)
	}
	s.closed = s.closed || long.closes
	return long.marks
}

// put passes on what the rules leave of a part.
func (s *Shaper) put(now time.Duration, head, payload []byte) {
	long := s.stream
	if s.swallows {
		long.gone = true
	}
	if long.gone {
		long.at += uint64(len(payload))
		return
	}
	out := long.change(append([]byte(nil), head...), payload)
	if len(out) == 0 {
		return
	}
	step := Step{Bytes: out, due: now + long.delay, rate: long.rate}
	if long.altered() {
		step.Shown, step.More, step.Marks = out, long.at < long.keep, record.Injected|record.Altered
	}
	if long.at >= long.h.Length {
		step.From, step.To, step.Came = long.from, long.from+uint64(long.h.Size)+long.h.Length, now
	}
	s.queue(step)
}

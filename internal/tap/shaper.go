package tap

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
)

// shaper applies fault rules to one direction: frames are collected whole, the rules are evaluated, and the frames are passed
// on when they are due. The direction's lock guards it.
type shaper struct {
	faults *fault.Shaper
	began  time.Time
	raw    []byte         // of the frame that is being collected
	long   bool           // that frame is too long to be collected: its parts pass
	shown  *frame.Decoder // of a long frame that is not what its sender sent, while it passes
	last   bool           // the rules were cleared: the shaper is removed when nothing waits in it any more

	marks func(*record.Record) record.Marks // evaluate, bound once
}

func newShaper(rules *fault.Ruleset, number uint64, dir record.Dir) *shaper {
	s := &shaper{faults: fault.NewShaper(rules, number, dir), began: time.Now()}
	s.marks = s.evaluate
	return s
}

func (s *shaper) now() time.Duration { return time.Since(s.began) }

// empty reports whether nothing waits in the shaper, and the receiver misses nothing that only a shaper can make up for.
func (s *shaper) empty() bool {
	return len(s.raw) == 0 && !s.long && s.faults.Idle() && !s.faults.Plain()
}

// follow takes over where the direction's decoder stands: the rest of a frame that has begun passes.
func (s *shaper) follow(d *decoding) {
	if d.dec == nil {
		return
	}
	s.long = d.dec.Left() != 0
	s.faults.Follow(d.dec.Compression())
	if s.long || d.dec.State().InMessage {
		s.faults.Begun()
	}
	d.dec.LeaveMasked(false)
	d.dec.KeepBodies(fault.MaxMessage) // a rule may change what a compressed message says
}

// collect takes bytes after the handshake, evaluates the rules for the frames in them, and decodes them.
func (s *shaper) collect(d *decoding, p []byte) {
	for len(p) > 0 {
		part := p[:d.untilBoundary(p)]
		p = p[len(part):]
		if s.long || d.unframed() {
			s.faults.Pass(s.now(), part)
		} else {
			s.gather(d, part)
		}
		d.marks = s.marks
		d.decode(part)
		d.marks = nil
	}
}

// gather collects a part of a frame. When the frame is too long to be collected, the rules are evaluated as soon as enough of
// it has come.
func (s *shaper) gather(d *decoding, part []byte) {
	s.raw = append(s.raw, part...)
	h, n := frame.ParseHeader(s.raw)
	if n == 0 || h.Length <= fault.MaxFrame || len(s.raw) < n+fault.EvaluatedBytes {
		return
	}
	r := record.Record{Time: d.log.now(), Conn: d.rec.Conn, Dir: d.rec.Dir}
	r.SetFrame(&frame.Frame{
		Header: h, Offset: d.dec.Offset() + uint64(len(part)) - uint64(len(s.raw)), Payload: unmasked(h, s.raw[n:n+fault.EvaluatedBytes]),
	})
	s.faults.Begin(s.now(), s.raw, &r)
	s.long, s.raw = true, nil
}

// unmasked returns a copy of the beginning of a payload without its mask.
func unmasked(h frame.Header, payload []byte) []byte {
	p := append([]byte(nil), payload...)
	if h.Masked {
		for i := range p {
			p[i] ^= h.Key[i&3]
		}
	}
	return p
}

// evaluate evaluates the rules for a frame that has come whole, if that was not done yet, and returns the marks of its record.
func (s *shaper) evaluate(r *record.Record) (m record.Marks) {
	switch {
	case s.long:
		s.long = false
		m = s.faults.Finish()
	case len(s.raw) > 0:
		m = s.faults.Push(s.now(), s.raw, r)
	}
	s.raw = s.raw[:0]
	return m
}

// show records frames that are not what the sender sent. The direction's decoder must not see them: it follows the sender.
func (s *shaper) show(d *decoding, step fault.Step) {
	r := record.Record{Time: d.log.now(), Conn: d.rec.Conn, Dir: d.rec.Dir, Marks: step.Marks}
	if s.shown == nil {
		s.shown = frame.NewDecoder(frame.Config{FromClient: d.rec.Dir == record.Out, Snap: d.log.snapLength()})
	}
	emit := func(f *frame.Frame) {
		r.SetFrame(f)
		if f.Rsv == frame.RSV1 {
			r.Violations &^= frame.RSVUndefined // this decoder does not know what the handshake negotiated
		}
		r.Message, r.Offset = 0, 0
		d.log.append(&r)
		if f.Opcode == frame.Close && !f.Truncated {
			d.end.closeFrame(d.side(), f.Payload, r.Marks)
		}
	}
	s.shown.Feed(step.Shown, emit)
	if !step.More {
		s.shown.End(emit)
		s.shown = nil
	}
}

// end passes on what was collected of a frame that its sender cut, and ends the direction after it.
func (s *shaper) end() {
	if len(s.raw) > 0 {
		s.faults.Pass(s.now(), s.raw)
		s.raw = nil
	}
	s.faults.End(s.now())
}

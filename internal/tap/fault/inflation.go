package fault

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// inflation sends messages uncompressed that their sender compressed (RFC 7692 §6): those that a rule touches, because it means
// their text, and with context takeover all after them, because their receiver misses the context.
type inflation struct {
	frame.Compression
	plain  bool // the receiver misses a compressed message: all that follow are sent uncompressed
	opened bool // the first frames of a message were sent uncompressed
	asSent bool // the first frames of a message were sent as they came: no rule may change the rest
}

// Follow says how the direction's messages are compressed and where its decoder stands, before the first frame is pushed.
func (s *Shaper) Follow(c frame.Compression) {
	s.inflation.Compression = c
	s.inflation.asSent = c.InMessage
	s.answers.inMessage = c.InMessage
}

// Begun says that the direction has passed a part of a message, before the first frame is pushed: nothing is sent inside that.
func (s *Shaper) Begun() { s.answers.inMessage = true }

// Plain reports whether messages are sent uncompressed from now on, whatever the rules are.
func (s *Shaper) Plain() bool { return s.inflation.plain || s.inflation.opened }

// compressed reports whether a frame belongs to a compressed message, and forgets the message before it.
func (z *inflation) compressed(h frame.Header) bool {
	switch {
	case !z.Negotiated || h.Opcode.IsControl():
		return false
	case h.Opcode == frame.Continuation:
		return z.opened || z.asSent
	}
	z.opened, z.asSent = false, false
	return h.Rsv&frame.RSV1 != 0
}

// missed notes a frame that is not passed on.
func (z *inflation) missed(h frame.Header) {
	if z.compressed(h) && z.Takeover {
		z.plain = true
	}
}

// notInflated is found in a compressed message whose text is not known, or not all of it.
const notInflated = frame.InflateLost | frame.InflateLimit | frame.InflateBudget | frame.DeflateData

// inflated reports whether the record of a message's last frame has all of its text.
func inflated(r *record.Record) bool {
	return r.Final && r.Compressed && r.Violations&notInflated == 0 && r.Inflated == uint64(len(r.Body))
}

// inflate puts an uncompressed frame in place of a compressed one, when rules touch its message or its receiver misses the context. Of a
// message in fragments the last has the text: only then is it known. A message that cannot be inflated is left to no rule; where it cannot
// be passed on as it came either, the connection is reset, because its receiver would read something else.
func (e *evaluation) inflate(r *record.Record) {
	z, h := &e.inflation, r.Header
	if !z.compressed(h) {
		return
	}
	whole := inflated(r)
	z.Lost = z.Lost || z.Takeover && r.Final && !whole && r.Violations&frame.InflateLost != 0
	if h.Opcode != frame.Continuation {
		possible := !z.Lost && (whole || !h.Fin)
		z.opened = z.plain || possible && (e.touched(h.Fin) || e.scriptTouches(r))
		z.asSent = !z.opened
	}
	switch {
	case z.asSent:
		e.asSent = true
	case h.Fin && !whole:
		e.breakOff()
	default:
		e.replace(h, r.Body)
	}
	if h.Fin {
		z.opened, z.asSent = false, false
	}
}

// replace makes the frame an uncompressed one.
func (e *evaluation) replace(h frame.Header, body []byte) {
	h = resized(h)
	h.Rsv &^= frame.RSV1
	if !h.Fin {
		body = nil
	}
	e.raw = frame.AppendFrame(nil, h, body)
	e.inflated = true
	e.inflation.plain = e.inflation.plain || e.inflation.Takeover
}

// settle notes what became of a compressed frame.
func (e *evaluation) settle() {
	if e.raw == nil && e.asSent && e.inflation.Takeover {
		e.inflation.plain = true
	}
	if e.inflated && e.marks&record.Dropped == 0 {
		e.marks |= record.Altered
	}
}

// breakOff resets the connection in place of a frame that can be passed on in no way.
func (e *evaluation) breakOff() {
	e.queue(Step{Effect: EndBoth, due: e.due})
	e.closed = true
	e.remove(record.Dropped)
}

// inflateLong decides about a frame that is too long to be collected.
func (e *evaluation) inflateLong(h frame.Header) {
	z := &e.inflation
	switch {
	case !z.compressed(h):
	case z.plain || z.opened:
		e.breakOff()
	default:
		e.asSent, z.asSent = true, !h.Fin
	}
}

// touched reports whether a rule changes which messages arrive, or what they say: one that matches the frame, or, of a message in
// fragments, any, because a later fragment may match.
func (e *evaluation) touched(whole bool) bool {
	for i := range e.rules.Rules {
		rule := &e.rules.Rules[i]
		if rule.When.Trigger != EachFrame || !changes(rule.Action.Kind) && !ends(rule.Action.Kind) {
			continue
		}
		c := draw(e.rules.Seed, e.number, uint64(e.dir), e.frames, uint64(i))
		if !whole || rule.When.Query.Match(&e.row) && c.hit(rule.Chance) {
			return true
		}
	}
	return false
}

// changes reports whether an action changes which messages arrive, or what they say.
func changes(k ActionKind) bool {
	switch k { //nolint:exhaustive // the others do not
	case Drop, Duplicate, Reorder, Corrupt, Truncate, Intercept, Rewrite, Answer:
		return true
	}
	return false
}

// ends reports whether nothing is passed on after an action, until the rules change.
func ends(k ActionKind) bool {
	switch k { //nolint:exhaustive // the others do not
	case Blackhole, Cut, Reset, Finish, Close:
		return true
	}
	return false
}

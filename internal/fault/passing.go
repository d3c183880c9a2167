package fault

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// passing is a frame on its way through the rules of a lane.
type passing struct {
	*Lane
	now, due time.Duration
	raw      []byte // what is to be passed on; nil when the frame is gone
	altered  bool   // raw is not what the sender sent
	copies   int
	behind   int // frames that shall overtake it
	marks    record.Marks
	rate     int     // of the slowest line that it passes; 0 for none
	from, to uint64  // its place in the direction
	long     *stream // the frame is too long to be collected: raw is its beginning
}

// ask lets all rules that apply do what they say, from top to bottom, until one takes the frame away.
func (p *passing) ask(r *record.Record) {
	p.row.Set(r)
	for i := range p.deck.Rules {
		rule := &p.deck.Rules[i]
		if rule.When.Moment != EachFrame || rule.Action.Verb == Flap || !rule.When.Query.Match(&p.row) {
			continue
		}
		c := draw(p.deck.Seed, p.number, uint64(p.dir), p.frames, uint64(i))
		if c.hit(rule.Chance) && p.apply(&rule.Action, &c) {
			return
		}
	}
}

// needsWhole reports whether a verb needs all bytes of a frame before the first is passed on.
func needsWhole(v Verb) bool { return v == Duplicate || v == Reorder || v == Merge || v == Hold }

// apply does what a rule says, and reports whether the frame is gone, so that no further rule sees it.
func (p *passing) apply(a *Action, c *chance) (gone bool) {
	if p.long != nil && needsWhole(a.Verb) {
		return false
	}
	switch a.Verb { //nolint:exhaustive // fits lets no other verb at a frame
	case Delay:
		p.due += c.between(a.From, a.To)
		p.marks |= record.Delayed
	case Rate:
		if p.rate == 0 || a.N < p.rate {
			p.rate = a.N
		}
		p.marks |= record.Delayed
	case Duplicate:
		p.copies += a.N
		p.marks |= record.Duplicated
	case Reorder:
		p.behind = a.N
		p.marks |= record.Reordered
	case Corrupt, Truncate, Split, Merge:
		return p.alter(a, c)
	case Drop:
		return p.vanish(record.Dropped)
	case Hold:
		p.hold(a.To)
		return p.vanish(record.Held)
	case Blackhole:
		p.swallows = true
		p.queue(Step{Deed: Swallow, due: p.now})
		return p.vanish(record.Dropped)
	case Cut:
		half := p.raw[:(len(p.raw)+1)/2]
		p.queue(Step{Bytes: half, Shown: half, Marks: record.Injected | record.Altered, due: p.due, rate: p.rate})
		p.queue(Step{Deed: EndBoth, due: p.due})
		return p.vanish(record.Altered)
	case Reset, Finish, Close, Ping, Pong:
		return p.endBefore(a, c)
	}
	return false
}

// endBefore does before the frame what also can be done at a time.
func (p *passing) endBefore(a *Action, c *chance) (gone bool) {
	p.perform(a, c, p.due)
	if a.Verb == Ping || a.Verb == Pong {
		return false
	}
	return p.vanish(record.Dropped)
}

func (p *passing) vanish(why record.Marks) bool {
	p.raw = nil
	p.marks |= why
	return true
}

// hold keeps the frame until somebody decides.
func (p *passing) hold(most time.Duration) {
	p.holds++
	p.held = append(p.held, HeldFrame{ID: p.holds, Bytes: p.raw, Until: p.now + most, from: p.from, to: p.to, came: p.now})
	p.bytes += len(p.raw)
}

// alter changes the frame's bytes.
func (p *passing) alter(a *Action, c *chance) (gone bool) {
	if p.long != nil {
		if p.long.alter(a, c) {
			p.marks |= record.Altered
		}
		return false
	}
	changed := alter(p.raw, a, c)
	if a.Verb == Merge {
		changed, gone = p.merge()
	}
	if changed != nil {
		p.raw, p.altered = changed, true
		p.marks |= record.Altered
	}
	if gone {
		return p.vanish(record.Altered)
	}
	return false
}

// leave puts what is left of the frame into the lane.
func (p *passing) leave() {
	if p.raw == nil {
		return
	}
	if h, _ := frame.ParseHeader(p.raw); !h.Opcode.IsControl() {
		p.flushMerge() // the rest of that message is not merged
	}
	s := Step{Bytes: p.raw, due: p.due, rate: p.rate, From: p.from, To: p.to, Came: p.now}
	if p.altered {
		s.Shown, s.Marks = p.raw, record.Injected|record.Altered
	}
	if p.behind > 0 {
		s.due = p.now + reorderWait
		p.late = append(p.late, overtaken{s, p.behind})
		p.bytes += len(s.Bytes)
	} else {
		p.queue(s)
	}
	for range p.copies {
		p.queue(Step{Bytes: p.raw, Shown: p.raw, Marks: record.Injected | record.Duplicated, due: p.due, rate: p.rate})
	}
}

// merge collects the fragments of a message. It returns the frame that takes their place at the last of them, and whether
// the fragment is gone until then. What is too long to be one frame is passed on as it came so far.
func (p *passing) merge() (whole []byte, gone bool) {
	h, n := frame.ParseHeader(p.raw)
	if h.Opcode.IsControl() || h.Fin && p.merging == nil || uint64(len(p.raw)-n) != h.Length {
		return nil, false
	}
	if p.merging == nil {
		p.mergeAt, p.merging = h, []byte{}
	}
	p.merging = append(p.merging, unmasked(h, p.raw[n:])...)
	if !h.Fin && len(p.merging) < maxFrame {
		return nil, true
	}
	return p.takeMerged(h.Fin), false
}

// takeMerged returns the frame made of the collected fragments.
func (l *Lane) takeMerged(fin bool) []byte {
	h := l.mergeAt
	h.Fin, h.Size = fin, 0
	whole := frame.AppendFrame(nil, h, l.merging)
	l.merging = nil
	return whole
}

// flushMerge passes on what was collected of a message whose end will not come.
func (p *passing) flushMerge() {
	if p.merging != nil {
		whole := p.takeMerged(false)
		p.queue(Step{Bytes: whole, Shown: whole, Marks: record.Injected | record.Altered, due: p.now})
	}
}

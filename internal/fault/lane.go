package fault

import (
	"errors"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/match"
	"github.com/tetherscope/tetherscope/internal/record"
)

// Limits of a lane.
const (
	maxFrame    = 1 << 20 // bytes of a frame that is collected
	maxSteps    = 4096
	maxBytes    = 8 << 20
	defaultHold = time.Minute      // how long a frame is held without a duration
	reorderWait = time.Second      // how long a frame waits for others to overtake it
	MaxFrame    = uint64(maxFrame) // payload bytes of a frame that is collected; a longer one goes by as it comes
)

// HeldFrame is a frame that waits for a decision.
type HeldFrame struct {
	ID    uint64 // in its lane, from 1 up
	Bytes []byte // as it came
	Until time.Duration
	Seq   uint64 // of its record, when the owner knows it
	from  uint64 // see Step
	to    uint64
	came  time.Duration
}

// Lane is one direction of a connection under a deck. Times are counted from the opening of the connection. It is not safe
// for use by several goroutines at once.
type Lane struct {
	deck   *Deck
	number uint64
	dir    record.Dir
	row    match.Row
	frames uint64 // that came

	steps    []Step // by due
	bytes    int    // in steps, in late and held
	lastDue  time.Duration
	free     time.Duration // when the last byte has gone under a rate
	late     []overtaken
	held     []HeldFrame
	holds    uint64
	merging  []byte // payload, unmasked
	mergeAt  frame.Header
	timed    []time.Duration // when each rule applies next; below 0 for never
	swallows bool            // blackhole
	closed   bool            // a close frame was sent
	stream   *stream         // a frame on its way that is too long to be collected; nil between those
}

// overtaken is a frame that waits for others to pass it.
type overtaken struct {
	step  Step
	after int
}

// ErrNotHeld says that a frame is not held any more.
var ErrNotHeld = errors.New("that frame is not held: it was decided about, or its time was over")

// Lane returns the lane of a direction of the connection with a number since the deck was armed.
func (d *Deck) Lane(number uint64, dir record.Dir) *Lane {
	l := &Lane{dir: dir}
	l.Use(0, d, number)
	return l
}

// Use puts another deck in the place of the lane's. What waits goes on waiting, but what the rules held back is let go.
// Times of rules count from now on.
func (l *Lane) Use(now time.Duration, d *Deck, number uint64) {
	l.letGo(now)
	l.deck, l.number, l.frames = d, number, 0
	l.swallows, l.closed = false, false
	l.timed = make([]time.Duration, len(d.Rules))
	for i, r := range d.Rules {
		l.timed[i] = -1
		toward := l.dir == record.In && r.When.In || l.dir == record.Out && r.When.Out
		if (r.When.Moment == Every || r.When.Moment == After) && toward {
			l.timed[i] = now + r.When.Period
		}
	}
}

// letGo passes on what rules hold back.
func (l *Lane) letGo(now time.Duration) {
	p := passing{Lane: l, now: now, due: now}
	p.flushMerge()
	for len(l.late) > 0 {
		l.overtakeFirst(now)
	}
	for len(l.held) > 0 {
		_ = l.Forward(now, l.held[0].ID) // it is held
	}
}

// Full reports whether the owner should stop reading until steps were taken.
func (l *Lane) Full() bool { return len(l.steps)+len(l.late) >= maxSteps || l.bytes >= maxBytes }

// Swallows reports whether nothing passes any more, the end of the direction included.
func (l *Lane) Swallows() bool { return l.swallows }

// Idle reports whether nothing waits.
func (l *Lane) Idle() bool { return len(l.steps)+len(l.late)+len(l.held) == 0 && l.merging == nil }

// Push takes one whole frame: its bytes, and its record as a decoder of the sender's direction gave it. It returns what
// was decided about it, for the record's marks. It keeps neither. Frames over [MaxFrame] go through [Lane.Begin].
func (l *Lane) Push(now time.Duration, raw []byte, r *record.Record) record.Marks {
	l.frames++
	if l.swallows || l.closed {
		return record.Dropped
	}
	p := passing{Lane: l, now: now, due: now, raw: append([]byte(nil), raw...), from: r.Offset, to: r.Offset + uint64(len(raw))}
	p.ask(r)
	p.leave()
	l.overtake(now)
	return p.marks
}

// End says that the sender has ended its direction: a FIN follows what waits.
func (l *Lane) End(now time.Duration) {
	if l.swallows {
		return
	}
	l.letGo(now)
	l.queue(Step{Deed: EndDirection, due: now})
}

// Insert puts whole frames behind what waits, past all rules.
func (l *Lane) Insert(now time.Duration, frames []byte) {
	l.queue(Step{Bytes: append([]byte(nil), frames...), due: now})
}

// Next returns when there is something to do again, and whether there will be without more frames.
func (l *Lane) Next() (time.Duration, bool) {
	next, ok := time.Duration(0), false
	sooner := func(t time.Duration) {
		if !ok || t < next {
			next, ok = t, true
		}
	}
	if len(l.steps) > 0 {
		sooner(l.steps[0].due)
	}
	for i := range l.late {
		sooner(l.late[i].step.due)
	}
	for i := range l.held {
		sooner(l.held[i].Until)
	}
	for _, t := range l.timed {
		if t >= 0 {
			sooner(t)
		}
	}
	return next, ok
}

// tick lets what has waited long enough go on, and applies the rules whose time has come.
func (l *Lane) tick(now time.Duration) {
	for len(l.late) > 0 && l.late[0].step.due <= now {
		l.overtakeFirst(now)
	}
	for i := 0; i < len(l.held); {
		if h := l.held[i]; h.Until <= now {
			_ = l.Forward(now, h.ID) // it is held
			continue
		}
		i++
	}
	for i := range l.timed {
		for n := 0; l.timed[i] >= 0 && l.timed[i] <= now && n < maxMissed; n++ {
			l.applyTimed(i)
		}
	}
}

// maxMissed is how often a rule that was due several times applies at once.
const maxMissed = 10

// overtake counts a frame that has passed those that wait for it.
func (l *Lane) overtake(now time.Duration) {
	for i := range l.late {
		l.late[i].after--
	}
	for len(l.late) > 0 && l.late[0].after < 0 {
		l.overtakeFirst(now)
	}
}

func (l *Lane) overtakeFirst(now time.Duration) {
	s := l.late[0].step
	l.late = l.late[1:]
	l.bytes -= len(s.Bytes)
	s.due = now
	l.queue(s)
}

package tap

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/fault"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// laned is a direction under a deck: frames are collected whole, judged by its rules, and passed on when their time has come.
// The direction's lock guards it.
type laned struct {
	lane    *fault.Lane
	began   time.Time
	raw     []byte         // of the frame that is being collected
	long    bool           // that frame is too long to be collected: its parts pass
	shown   *frame.Decoder // of a long frame that is not what its sender sent, while it passes
	judging bool           // frames that are decoded now are to be judged by the rules
	last    bool           // the deck is empty: the lane goes when nothing waits any more
}

func (u *laned) now() time.Duration { return time.Since(u.began) }

// use puts a direction under a deck, or under another one, or under none.
func (d *direction) use(deck *fault.Deck, number uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	none := deck == nil || len(deck.Rules) == 0
	switch {
	case d.under == nil && none:
		return
	case d.under == nil:
		d.under = &laned{lane: deck.Lane(number, d.rec.Dir), began: time.Now()}
		d.under.long = d.dec != nil && d.dec.Left() != 0 // the rest of a frame that has begun passes
	case none:
		d.under.lane.Use(d.under.now(), &fault.Deck{}, number)
	default:
		d.under.lane.Use(d.under.now(), deck, number)
	}
	d.under.last = none
	d.acting.Store(true)
}

// laned reports whether the direction is under a deck. Behind the last frame of a deck that was taken away, it is not any
// more.
func (d *direction) laned() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if u := d.under; u != nil && u.last && len(u.raw) == 0 && !u.long && u.lane.Idle() && !d.finished {
		d.under = nil
		if d.dec != nil {
			d.passages.upTo = d.dec.Offset() // what the deck took away did not pass
		}
	}
	return d.under != nil
}

// collect takes bytes that come from the sender of a direction under a deck, and reports how many at their start are no
// frames: the head of a handshake that its handler writes by hand. Those are for the caller to pass on. What a client sends
// before the handshake is complete waits until it is.
func (d *direction) collect(p []byte) (head int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dec == nil {
		rest := d.handshake(p)
		head = len(p) - len(rest)
		p = rest
	}
	d.judge(p)
	return head
}

// judge asks the rules about bytes behind the handshake, and decodes them. The caller holds the lock.
func (d *direction) judge(p []byte) {
	u := d.under
	for len(p) > 0 {
		part := p[:d.before(p)]
		p = p[len(part):]
		if u.long || d.over || d.dec == nil || d.dec.Err() != nil {
			u.lane.Pass(u.now(), part)
		} else {
			d.gather(part)
		}
		u.judging = true
		d.decode(part)
		u.judging = false
	}
}

// gather collects a part of a frame. When that is too long to be collected, the rules are asked as soon as there is enough of
// it.
func (d *direction) gather(part []byte) {
	u := d.under
	u.raw = append(u.raw, part...)
	h, n := frame.ParseHeader(u.raw)
	if n == 0 || h.Length <= fault.MaxFrame || len(u.raw) < n+fault.JudgedBytes {
		return
	}
	r := record.Record{Time: d.conn.tap.now(), Conn: d.rec.Conn, Dir: d.rec.Dir}
	r.SetFrame(&frame.Frame{Header: h, Offset: d.dec.Offset() + uint64(len(part)) - uint64(len(u.raw)), Payload: plainly(h, u.raw[n:n+fault.JudgedBytes])})
	u.lane.Begin(u.now(), u.raw, &r)
	u.long, u.raw = true, nil
}

// plainly returns a copy of the beginning of a payload without its mask.
func plainly(h frame.Header, payload []byte) []byte {
	p := append([]byte(nil), payload...)
	if h.Masked {
		for i := range p {
			p[i] ^= h.Key[i&3]
		}
	}
	return p
}

// verdict returns what is to be said of a frame that has come whole, and asks the rules about it if that was not done yet.
func (u *laned) verdict(r *record.Record) (m record.Marks) {
	switch {
	case u.long:
		u.long = false
		m = u.lane.Finish()
	case len(u.raw) > 0:
		m = u.lane.Push(u.now(), u.raw, r)
	}
	u.raw = u.raw[:0]
	return m
}

// pop returns the next step that is due, and records what it shows.
func (d *direction) pop() (fault.Step, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, ok := d.under.lane.Pop(d.under.now())
	if ok && s.Shown != nil {
		d.show(s)
	}
	return s, ok
}

// show records frames that are not what the sender sent. The direction's decoder must not see them: it follows the sender.
func (d *direction) show(s fault.Step) {
	r := record.Record{Time: d.conn.tap.now(), Conn: d.rec.Conn, Dir: d.rec.Dir, Marks: s.Marks}
	u := d.under
	if u.shown == nil {
		u.shown = frame.NewDecoder(frame.Config{FromClient: d.rec.Dir == record.Out, Snap: d.conn.tap.cfg.Snap})
	}
	emit := func(f *frame.Frame) {
		r.SetFrame(f)
		if f.Rsv == frame.RSV1 {
			r.Violations &^= frame.RSVUndefined // the handshake is not looked at here
		}
		r.Message, r.Offset = 0, 0
		d.conn.tap.cfg.Sink.Append(&r)
		if f.Opcode == frame.Close && !f.Truncated {
			d.conn.end.closeFrame(d.conn, d.side(), f.Payload, r.Marks)
		}
	}
	u.shown.Feed(s.Shown, emit)
	if !s.More {
		u.shown.End(emit)
		u.shown = nil
	}
}

// state returns what the owner of a lane has to know: whether it is full, when it wants attention, and whether its end is
// kept secret.
func (d *direction) state() (full bool, next time.Duration, waits, swallows bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.under
	if u == nil {
		return false, 0, false, false
	}
	at, waits := u.lane.Next()
	return u.lane.Full() || len(d.early) > maxHead-readSize, at - u.now(), waits, u.lane.Swallows()
}

// endLane says that the sender of a direction under a deck has ended it.
func (d *direction) endLane() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if u := d.under; u != nil {
		if len(u.raw) > 0 {
			u.lane.Pass(u.now(), u.raw) // a frame that was cut
			u.raw = nil
		}
		u.lane.End(u.now())
	}
}

// insertLaned moves the insertion whose turn it is into the lane.
func (d *direction) insertLaned() {
	job := d.take()
	if job == nil {
		return
	}
	d.mu.Lock()
	d.under.lane.Insert(d.under.now(), job.Frames)
	d.mu.Unlock()
	d.settled(job, nil)
}

package tap

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/fault"
	"github.com/tetherscope/tetherscope/internal/record"
)

// How many parts of a direction are told together, at most, and how long the first of them waits: one record for each would
// double what a busy connection records.
const (
	maxPassages = 256
	tellAfter   = 500 * time.Millisecond
)

// passages is what a direction of a relayed connection has to tell of how long its parts stood here. The direction's lock
// guards it.
type passages struct {
	upTo uint64 // bytes of the direction that were written to the other leg
	list []record.Passage
}

// Relay says that whoever has this connection writes what it reads to another one before it reads again, and writes what it
// reads there to this one: a proxy, whose connection has two legs. It must be called before the first Read and Write.
func (c *conn) Relay() { c.relays.Store(true) }

// passed notes that all bytes of a direction under no deck have been written to the other leg.
func (d *direction) passed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.under != nil || d.dec == nil || d.over {
		return
	}
	if to := d.dec.Offset(); to > d.passages.upTo {
		d.stood(d.passages.upTo, to, time.Duration(d.conn.tap.now()-d.rec.Time))
	}
}

// passedLane notes that a step of a deck has been written to the other leg, if it ends a frame of the sender.
func (d *direction) passedLane(s *fault.Step) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.under != nil && s.To > s.From && !d.over {
		d.stood(s.From, s.To, d.under.now()-s.Came)
	}
}

// stood notes that bytes have been written to the other leg. The caller holds the lock.
func (d *direction) stood(from, to uint64, long time.Duration) {
	p := &d.passages
	p.upTo = max(p.upTo, to)
	p.list = append(p.list, record.Passage{From: from, To: to, Stood: long})
	if len(p.list) >= maxPassages {
		d.tellPassed()
		return
	}
	d.conn.tap.tellLater()
}

// tellPassed records what there is to tell. The caller holds the lock.
func (d *direction) tellPassed() {
	p := &d.passages
	if len(p.list) == 0 {
		return
	}
	d.conn.tap.cfg.Sink.Append(&record.Record{
		Time: d.conn.tap.now(), Conn: d.rec.Conn, Kind: record.KindPassed, Dir: d.rec.Dir, Passed: p.list,
	})
	p.list = p.list[:0]
}

// tellLater sees to it that what waits to be told is told soon.
func (t *Tap) tellLater() {
	if t.telling.CompareAndSwap(false, true) {
		time.AfterFunc(tellAfter, t.tellAll)
	}
}

func (t *Tap) tellAll() {
	t.telling.Store(false)
	t.mu.Lock()
	open := t.inOrder()
	t.mu.Unlock()
	for _, c := range open {
		for _, d := range [...]*direction{&c.in, &c.out} {
			d.mu.Lock()
			d.tellPassed()
			d.mu.Unlock()
		}
	}
}

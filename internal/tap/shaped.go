package tap

import (
	"errors"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
)

// Intercepted is a frame that a rule has intercepted and that waits for a decision.
type Intercepted struct {
	Conn  uint32
	Dir   record.Dir
	ID    uint64        // in its direction
	Bytes []byte        // as they are forwarded: of a compressed message, an uncompressed frame
	Left  time.Duration // until it is forwarded

	Message    uint64 // number of its message, as in records; 0 for a control frame
	Compressed bool   // it came compressed
}

// Decision is what becomes of an intercepted frame.
type Decision uint8

// The decisions.
const (
	Forward Decision = iota + 1 // as it came
	Discard
	Replace // by other frames
)

// setRules sets, replaces or clears the fault rules of a direction. The number is that of the connection under the rules.
func (d *direction) setRules(rules *fault.Ruleset, number uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	none := rules.Empty()
	switch {
	case d.shaper == nil && none:
		return
	case d.shaper == nil:
		d.shaper = newShaper(rules, number, d.rec.Dir)
		d.shaper.faults.Name(d.rec.Conn, d.called)
		d.shaper.follow(&d.decoding)
	case none:
		d.shaper.faults.Use(d.shaper.now(), &fault.Ruleset{}, number)
	default:
		d.shaper.faults.Use(d.shaper.now(), rules, number)
	}
	d.shaper.last = none
	d.acting.Store(true)
}

// shaped reports whether the direction has a shaper. When the rules were cleared and the last frame has been passed on, it removes the shaper.
func (d *direction) shaped() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.shaper; s != nil && s.last && s.empty() && !d.finished {
		d.shaper = nil
		if d.dec != nil {
			d.dec.KeepBodies(0)
			d.dec.LeaveMasked(d.log.cfg.LeaveMasked)
			d.transits.upTo = d.dec.Offset() // what the rules dropped has no transit time
		}
	}
	return d.shaper != nil
}

// collect takes bytes that come from the sender of a shaped direction, and reports how many at their start are no frames: the
// head of a handshake that its handler writes by hand. Those are for the caller to pass on. What a client sends before the
// handshake is complete waits until it is.
func (d *direction) collect(p []byte) (head int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dec == nil {
		rest := d.handshake(p)
		head = len(p) - len(rest)
		p = rest
		d.shaper.follow(&d.decoding)
	}
	d.shaper.collect(&d.decoding, p)
	return head
}

// pop returns the next step that is due, and records frames in it that are not what their sender sent.
func (d *direction) pop() (fault.Step, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, ok := d.shaper.faults.Pop(d.shaper.now())
	if ok && s.Shown != nil {
		d.shaper.show(&d.decoding, s)
	}
	return s, ok
}

// shaperState is what the path needs to know of a shaper.
type shaperState struct {
	full     bool          // nothing more should be read from the sender
	due      bool          // there is a next step
	wait     time.Duration // until the next step is due
	swallows bool          // nothing passes any more, the end of the direction included
}

// state returns the state of the shaper.
func (d *direction) state() shaperState {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.shaper
	if s == nil {
		return shaperState{}
	}
	at, due := s.faults.Next()
	return shaperState{
		full: s.faults.Full() || len(d.early) > maxHead-readSize,
		due:  due, wait: at - s.now(), swallows: s.faults.Swallows(),
	}
}

// readSize is how many bytes are read at once from the client of a shaped direction.
const readSize = 16 << 10

// endShaper notes that the sender of a shaped direction has ended it.
func (d *direction) endShaper() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shaper != nil {
		d.shaper.end()
	}
}

// shaperBytes returns how many bytes wait in the shaper.
func (d *direction) shaperBytes() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shaper == nil {
		return 0
	}
	return d.shaper.faults.Bytes()
}

// injectShaped moves the next injection that can be sent into the shaper.
func (d *direction) injectShaped() {
	job := d.take()
	if job == nil {
		return
	}
	d.mu.Lock()
	d.shaper.faults.Inject(d.shaper.now(), job.Frames)
	d.mu.Unlock()
	d.complete(job, nil)
}

// sendBack sends the answer of a rule to a message of the other direction.
func (d *direction) sendBack(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shaper != nil {
		d.shaper.faults.SendBack(d.shaper.now(), text)
	}
}

// intercepted returns the frames that wait for a decision.
func (d *direction) intercepted() (list []Intercepted) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shaper == nil {
		return nil
	}
	for _, h := range d.shaper.faults.Intercepted() {
		list = append(list, Intercepted{d.rec.Conn, d.rec.Dir, h.ID, h.Bytes, max(h.Until-d.shaper.now(), 0), h.Message, h.Compressed})
	}
	return list
}

// resolve carries out the decision about an intercepted frame.
func (d *direction) resolve(id uint64, decision Decision, frames []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shaper == nil {
		return fault.ErrNotIntercepted
	}
	s, now := d.shaper.faults, d.shaper.now()
	switch decision {
	case Forward:
		return s.Forward(now, id)
	case Discard:
		return s.Discard(id)
	case Replace:
		return s.Replace(now, id, frames)
	}
	return errors.New("tap: no such decision")
}

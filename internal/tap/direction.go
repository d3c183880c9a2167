package tap

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
)

// direction is one direction of a connection: its decoder and records, the injections that wait, and the shaper of its fault
// rules. Its lock is taken by the connection's reader or writer, by injectors, and at the end by the goroutine that closes the
// connection.
type direction struct {
	// acting is set while the bytes need more than to be passed through and decoded: injections wait, fault rules are set, or
	// the direction was finished on order. It is read without the lock.
	acting atomic.Bool

	mu sync.Mutex
	decoding
	queue
	shaper     *shaper // applies the fault rules; nil for none
	transits   transits
	called     record.Words // path and names of the connection, for rules that test them
	finished   bool         // ended on order
	wakeReader func()       // of the direction to the server: wakes its reader; nil for the other
}

// feed decodes bytes that are passed through.
func (d *direction) feed(p []byte) {
	if len(p) == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dec == nil {
		p = d.handshake(p)
	}
	d.decode(p)
	if d.shaper != nil { // rules were set after the path was chosen
		d.shaper.follow(&d.decoding)
	}
}

// begin starts decoding, first what came before the handshake was complete.
func (d *direction) begin(dec *frame.Decoder) {
	d.mu.Lock()
	defer d.mu.Unlock()
	early := d.early
	d.dec, d.early = dec, nil
	if d.shaper == nil {
		d.decode(early)
		return
	}
	d.shaper.follow(&d.decoding)
	d.shaper.collect(&d.decoding, early)
	if d.wakeReader != nil {
		d.wakeReader()
	}
}

// finish records a frame that the end of the connection cut, and the transit times that wait.
func (d *direction) finish() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.decoding.finish()
	d.transits.flush(&d.log, d.rec.Dir)
}

// order ends the direction on order.
func (d *direction) order() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.finished = true
	d.acting.Store(true)
}

// isFinished reports whether the direction was ended on order.
func (d *direction) isFinished() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.finished
}

// clear ends acting when no injection waits and no rules are set, and reports whether the direction was ended on order.
func (d *direction) clear() (finished bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.jobs) == 0 && !d.finished && d.shaper == nil {
		d.acting.Store(false)
	}
	return d.finished
}

// transit records that all bytes of a direction without fault rules have been written to the other leg.
func (d *direction) transit() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shaper != nil || d.dec == nil || d.over {
		return
	}
	if to := d.dec.Offset(); to > d.transits.upTo {
		d.transits.add(&d.log, d.rec.Dir, d.transits.upTo, to, time.Duration(d.log.now()-d.rec.Time))
	}
}

// transitShaped records that a step of the shaper has been written to the other leg, if it ends a frame of the sender.
func (d *direction) transitShaped(s *fault.Step) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shaper != nil && s.To > s.From && !d.over {
		d.transits.add(&d.log, d.rec.Dir, s.From, s.To, d.shaper.now()-s.Came)
	}
}

// recordTransits records the transit times that wait.
func (d *direction) recordTransits() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.transits.flush(&d.log, d.rec.Dir)
}

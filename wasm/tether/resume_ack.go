package tether

import (
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// ackDelay is how long an acknowledgement waits for a message to travel with.
const ackDelay = 20 * time.Millisecond

// syncAfter is how long what we sent may stay unacknowledged before the server is asked: a frame that was lost on the way, of
// ours or of its, is noticed at the next one.
const syncAfter = 2 * time.Second

// settle does what every event may have made possible or necessary.
func (r *resumption) settle() {
	if r.conn == nil || !r.conn.greeted || r.conn.over {
		return
	}
	r.deliver()
	if r.conn == nil {
		return
	}
	r.sync()
	switch {
	case r.session.Urgent() || r.session.AckPending() && r.due.Swap(false):
		r.frame, _ = r.session.Ack(r.begin())
		r.conn.say(codec.Text, r.frame)
	case r.session.AckPending() && !r.armed.Swap(true):
		time.AfterFunc(ackDelay, func() {
			r.armed.Store(false)
			r.due.Store(true)
			r.host.push(engine.Event{Kind: engine.EventQueued})
		})
	}
}

// sync asks the server, from time to time, while it owes an acknowledgement.
func (r *resumption) sync() {
	switch {
	case !r.conn.line.Checked || r.pending() == 0:
		r.quiet.Store(false)
	case r.quiet.Swap(false):
		r.frame = r.session.Sync(r.begin())
		r.conn.say(codec.Text, r.frame)
		fallthrough
	default:
		if r.asking.Swap(true) {
			return
		}
		time.AfterFunc(syncAfter, func() {
			r.asking.Store(false)
			r.quiet.Store(true)
			r.host.push(engine.Event{Kind: engine.EventQueued})
		})
	}
}

package tether

import "github.com/tetherscope/tetherscope/wasm/codec"

// Whoever steps the machine has the turn. Usually that is the client's goroutine, which takes what waits in the queue.
// To wake it costs, in a browser, more than what there is to do for one message, so two events may be taken on the spot,
// on the goroutine where they happen: a message was sent, a message arrived. Both only if the client's goroutine is at rest
// and nothing waits that came earlier, so the order stays as it is, and only if nothing of the user's can be called that
// might wait: who sends may hold a lock, and whoever delivers has other connections to serve.
//
// A reader that has more to read will probably send more, so what it sends goes out together.

// sent says that the outbox has something new.
func (s *shell) sent() {
	if s.State() != Open || s.layer != nil || !s.inbox.isEmpty() || !s.takeTurn() {
		s.queue.push(event{kind: evQueued})
		return
	}
	defer s.turn.Unlock()
	if s.machine.state == Open {
		s.flush(s.machine.gen) // as the machine's table says
	}
	s.reportLost()
}

func (s *shell) receivedNow(gen uint32, t codec.MessageType, p []byte) {
	if !s.options.quick() || !s.takeTurn() {
		s.received(gen, t, p)
		return
	}
	defer s.turn.Unlock()
	s.here = event{kind: evReceived, gen: gen, message: codec.Message{Type: t, Data: p}}
	s.take(&s.here)
	s.here.message = codec.Message{}
	s.reportSkipped()
}

// takeTurn never waits. It reports false if somebody has the turn or something waits for it.
func (s *shell) takeTurn() bool {
	if !s.turn.TryLock() {
		return false
	}
	if s.queue.idle() {
		return true
	}
	s.turn.Unlock()
	return false
}

// quick reports whether a message that arrives is taken without calling the user: neither for its key nor to tell whether
// it answers the heartbeat, and no layer has anything else to do on the occasion.
func (o *options) quick() bool { return o.conflate == nil && o.pulse == nil && o.layer == nil }

package tether

import (
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// An inline step processes an event on the goroutine where it happened, under shell.stepping, without the client's
// goroutine: to wake that costs, in a browser, more than what one message needs. Two events may be processed inline: a
// message was sent, a message arrived. Both only if the client's goroutine is idle and no earlier event waits, so the order
// is kept, and only if no function of the user can be called that might wait: a sender may hold a lock, and a transport has
// other connections to serve.
//
// A reader that has more to read will probably send more, so its messages are sent together by the client's goroutine.

// sent is called when the outbox has a new message.
func (s *shell) sent() {
	if s.State() != StateOpen || s.layer != nil || !s.inbox.isEmpty() || !s.tryInline() {
		s.events.push(engine.Event{Kind: engine.EventQueued})
		return
	}
	defer s.stepping.Unlock()
	if s.machine.State() == engine.Open {
		s.flush(s.machine.Generation()) // as the machine's table says
	}
	s.reportDropped()
}

func (s *shell) receivedNow(gen uint32, t codec.MessageType, p []byte) {
	if !s.options.inline() || !s.tryInline() {
		s.received(gen, t, p)
		return
	}
	defer s.stepping.Unlock()
	if g := s.options.greeter; g != nil && g.active() { // functions of the user are called
		s.received(gen, t, p)
		return
	}
	if s.inline == nil {
		s.inline = new(engine.Event)
	}
	*s.inline = engine.Event{Kind: engine.EventReceived, Generation: gen, Message: codec.Message{Type: t, Data: p}}
	s.step(s.inline)
	s.inline.Message = codec.Message{}
	s.reportSkipped()
}

// tryInline locks shell.stepping for an inline step. It never waits: it reports false if an event is being processed or waits.
func (s *shell) tryInline() bool {
	if !s.stepping.TryLock() {
		return false
	}
	if s.events.idle() {
		return true
	}
	s.stepping.Unlock()
	return false
}

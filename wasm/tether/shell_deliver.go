package tether

import (
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// What the shell delivers: messages to the inbox, events to the listeners.

// reportDropped reports what the outbox dropped.
func (s *shell) reportDropped() {
	dropped, some := s.outbox.takeDropped()
	if !some {
		return
	}
	for why, l := range dropped {
		if l.Messages > 0 {
			s.notify(Dropped{false, l.Messages, l.Bytes, dropErrors[why]})
		}
	}
}

// deliver puts a message into the inbox and reports how full that is.
func (s *shell) deliver(m codec.Message) {
	if len(m.Data) > s.options.maxMessage {
		s.notify(Dropped{true, 1, len(m.Data), ErrMessageTooBig})
		s.follow(engine.Event{Kind: engine.EventTooBig})
		return
	}
	if s.tap != nil && s.tap(m) {
		s.counts.received(len(m.Data))
		return
	}
	_, patient := s.conn.(throttler)
	patient = patient && s.options.inboxOverflow == InboxOverflowBlock
	full, high := s.inbox.push(m, s.key(m), patient)
	switch {
	case full && !patient:
		s.notify(Dropped{true, 1, len(m.Data), ErrInboxFull})
		s.follow(engine.Event{Kind: engine.EventInboxFull})
		return
	case high && patient:
		s.follow(engine.Event{Kind: engine.EventInboxHigh})
	}
	s.counts.received(len(m.Data))
}

// key asks which message m may replace. After a panic it replaces none.
func (s *shell) key(m codec.Message) (key string) {
	if s.options.conflate == nil {
		return ""
	}
	value, panicked := recovered(func() { key = s.options.conflate(m) })
	if panicked {
		s.notify(Panicked{value})
	}
	return key
}

// reportSkipped reports what the inbox dropped, once for many messages.
func (s *shell) reportSkipped() {
	if l := s.inbox.takeLost(); l.Messages > 0 {
		s.notify(Dropped{true, l.Messages, l.Bytes, ErrInboxFull})
	}
}

// notify passes e to the listeners, to the readers of Events, and to those that wait for a state.
func (s *shell) notify(e Event) {
	switch e := e.(type) {
	case StateChanged:
		s.state.Store(uint32(e.New))
		s.changed.Broadcast()
	case Opened:
		s.counts.opens.Add(1)
		s.refresh.openedAt = time.Now()
		if f := s.options.failover; f != nil {
			f.opened()
		}
	case PongReceived:
		s.counts.ponged(e.RTT)
		s.proof.ponged()
	case Lost:
		s.proof.lost(e.CloseInfo, s.State() == StateClosing, s.machine.Draining())
		s.receipts.ended()
		s.outbox.disconnected()
	case Dropped:
		s.counts.dropped.Add(uint64(e.Messages))
	}
	s.history.note(e)
	s.inbox.mark(e)
	s.dispatcher.push(e)
}

package tether

import "github.com/tetherscope/tetherscope/wasm/codec"

// What the shell tells: messages to the inbox, events to whoever listens.

// reportLost tells what the outbox gave up.
func (s *shell) reportLost() {
	lost, some := s.out.takeLost()
	if !some {
		return
	}
	for why, l := range lost {
		if l.Messages > 0 {
			s.notify(Dropped{false, l.Messages, l.Bytes, lossErrors[why]})
		}
	}
}

// deliver puts a message into the inbox and reports how full that is.
func (s *shell) deliver(m codec.Message) {
	if len(m.Data) > s.options.maxMessage {
		s.notify(Dropped{true, 1, len(m.Data), ErrMessageTooBig})
		s.follow(event{kind: evTooBig})
		return
	}
	if s.tap != nil && s.tap(m) {
		s.counts.received(len(m.Data))
		return
	}
	_, patient := s.conn.(throttler)
	patient = patient && s.options.inboxOverflow == InboxBlock
	full, high := s.inbox.push(m, s.key(m), patient)
	switch {
	case full && !patient:
		s.notify(Dropped{true, 1, len(m.Data), ErrInboxFull})
		s.follow(event{kind: evInboxFull})
		return
	case high && patient:
		s.follow(event{kind: evInboxHigh})
	}
	s.counts.received(len(m.Data))
}

// key asks what m may replace. A panic is worth no more than that it replaces nothing.
func (s *shell) key(m codec.Message) (key string) {
	if s.options.conflate == nil {
		return ""
	}
	value, panicked := guard(func() { key = s.options.conflate(m) })
	if panicked {
		s.notify(Panicked{value})
	}
	return key
}

// reportSkipped tells what the inbox gave up, once for many.
func (s *shell) reportSkipped() {
	if l := s.inbox.takeLost(); l.Messages > 0 {
		s.notify(Dropped{true, l.Messages, l.Bytes, ErrInboxFull})
	}
}

// notify tells the listeners, the readers of Events, and whoever waits for a state.
func (s *shell) notify(e Event) {
	switch e := e.(type) {
	case StateChanged:
		s.state.Store(uint32(e.New))
		s.changed.light()
	case Opened:
		s.counts.opens.Add(1)
	case PongReceived:
		s.counts.ponged(e.RTT)
	case Lost:
		s.track.ended()
		s.out.disconnected()
	case Dropped:
		s.counts.dropped.Add(uint64(e.Messages))
	}
	s.past.note(e)
	s.inbox.mark(e)
	s.tell.push(e)
}

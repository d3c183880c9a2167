package tether

import "github.com/tetherscope/tetherscope/wasm/internal/engine"

// flush hands messages over while the transport has room, and reports how many are left: not when that is none and nothing
// depends on it.
func (s *shell) flush(gen uint32) {
	refused := false
	m, receipt, some := s.outbox.offer()
	for some && !refused && s.hasRoom() {
		buffered, sent := s.conn.send(m.Type, m.Data)
		if !sent {
			refused = true
			break
		}
		s.buffered = buffered
		s.counts.sent(len(m.Data))
		s.proof.handed++
		s.receipts.handedOver(receipt, len(m.Data))
		m, receipt, some = s.outbox.taken(m.Data)
	}
	if some {
		s.outbox.refused()
	}
	if some || s.machine.Draining() || s.receipts.follows() {
		s.follow(s.flushed(gen, refused))
	}
}

// hasRoom asks the connection only if it may be full: in a browser asking costs about what sending does.
func (s *shell) hasRoom() bool {
	if s.buffered >= s.options.buffer {
		s.buffered = s.conn.buffered()
	}
	return s.buffered < s.options.buffer
}

// flushed is what flush reports. A connection that refused a message is about to end: nothing more goes over it.
func (s *shell) flushed(gen uint32, refused bool) engine.Event {
	left := s.outbox.size().Messages
	if s.buffered > 0 && (s.machine.Draining() || s.receipts.follows()) { // the exact number matters
		s.buffered = s.conn.buffered()
	}
	tracked, mark := s.receipts.progress(s.buffered)
	switch {
	case refused:
		mark = -1
	case left > 0: // half empty: it neither runs dry nor is watched for each message
		mark = max(mark, s.options.buffer/2)
	}
	return engine.Event{Kind: engine.EventFlushed, Generation: gen, Left: left, Buffered: s.buffered, Tracked: tracked, Mark: mark}
}

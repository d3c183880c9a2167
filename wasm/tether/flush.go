package tether

// flush hands over what waits while the transport has room, and reports what is left: if that is nothing, and nobody waits
// for it, there is nothing to report.
func (s *shell) flush(gen uint32) {
	refused := false
	m, receipt, some := s.out.offer()
	for some && !refused && s.hasRoom() {
		buffered, sent := s.conn.send(m.Type, m.Data)
		if !sent {
			refused = true
			break
		}
		s.held = buffered
		s.counts.sent(len(m.Data))
		s.track.handedOver(receipt, len(m.Data))
		m, receipt, some = s.out.taken(m.Data)
	}
	if some {
		s.out.refused()
	}
	if some || s.machine.draining || s.track.follows() {
		s.follow(s.flushed(gen, refused))
	}
}

// hasRoom asks the connection only if it may be full: in a browser asking costs about what sending does.
func (s *shell) hasRoom() bool {
	if s.held >= s.options.buffer {
		s.held = s.conn.buffered()
	}
	return s.held < s.options.buffer
}

// flushed is what flush reports. A connection that refused a message is about to end: nothing more goes over it.
func (s *shell) flushed(gen uint32, refused bool) event {
	left := s.out.size().Messages
	if s.held > 0 && (s.machine.draining || s.track.follows()) { // somebody waits for what is exactly so
		s.held = s.conn.buffered()
	}
	tracked, mark := s.track.progress(s.held)
	switch {
	case refused:
		mark = -1
	case left > 0: // half empty: it neither runs dry nor is watched for each message
		mark = max(mark, s.options.buffer/2)
	}
	return event{kind: evFlushed, gen: gen, left: left, buffered: s.held, tracked: tracked, mark: mark}
}

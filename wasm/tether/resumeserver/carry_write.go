//go:build !js

package resumeserver

import "time"

// What a session writes to the connection that carries it.

// write sends frames until the connection ends.
func (s *Session) write(l *link) {
	if err := l.send(true, l.welcome); err != nil {
		l.cut(err)
		return
	}
	timer, quiet := time.NewTimer(ackDelay), time.NewTimer(syncAfter)
	defer timer.Stop()
	defer quiet.Stop()
	timer.Stop()
	var buffer []byte
	for armed, waits := false, true; ; { // quiet runs while waits
		due := false
		select {
		case <-l.ctx.Done():
			return
		case c := <-l.last:
			s.farewellTo(l, c)
			return
		case <-timer.C:
			due, armed = true, false
		case <-quiet.C:
			waits = false
			if buffer = s.sync(l, buffer); len(buffer) > 0 {
				if err := l.send(true, buffer); err != nil {
					l.cut(err)
					return
				}
			}
		case <-l.wake:
		}
		var err error
		if buffer, err = s.drain(l, buffer, due); err != nil {
			l.cut(err)
			return
		}
		if !armed && s.owes(l) {
			timer.Reset(ackDelay)
			armed = true
		}
		if !waits && s.expects(l) {
			quiet.Reset(syncAfter)
			waits = true
		}
	}
}

// expects reports whether something is to come from the client: an acknowledgement, or the first frame after its welcome.
func (s *Session) expects(l *link) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting, _ := s.core.Pending()
	return l.line.Checked && s.link == l && s.over == nil && (waiting > 0 || !s.confirmed)
}

// sync returns the frame that asks the client for an acknowledgement, if one is to come.
func (s *Session) sync(l *link, buffer []byte) []byte {
	if !s.expects(l) {
		return buffer[:0]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.core.Sync(l.line.Begin(buffer[:0]))
}

// drain sends what there is to send, and then the acknowledgement that is still owed if it is due.
func (s *Session) drain(l *link, buffer []byte, due bool) ([]byte, error) {
	for {
		frame, text, ok := s.frame(l, l.line.Begin(buffer[:0]), due)
		buffer = frame
		if !ok {
			return buffer, nil
		}
		if err := l.send(text, frame); err != nil {
			return buffer, err
		}
		if cap(buffer) > 64<<10 {
			buffer = nil // a large message does not keep its memory
		}
	}
}

// frame returns the next frame for l.
func (s *Session) frame(l *link, dst []byte, due bool) (frame []byte, text, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != l || s.over != nil {
		return dst, false, false
	}
	if frame, ok = s.core.Pong(dst); ok {
		return frame, true, true
	}
	if frame, text, ok = s.core.Next(dst); ok {
		return frame, text, true
	}
	if due || s.core.Urgent() {
		frame, ok = s.core.Ack(dst)
		return frame, true, ok
	}
	return dst, false, false
}

// owes reports whether an acknowledgement waits for company.
func (s *Session) owes(l *link) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.link == l && s.over == nil && s.core.Owes()
}

// farewellTo closes the connection in good order.
func (s *Session) farewellTo(l *link, c closing) {
	if c.end {
		s.mu.Lock()
		end := s.core.End(l.line.Begin(nil), uint16(c.code))
		s.mu.Unlock()
		if err := l.send(true, end); err != nil {
			return
		}
	}
	_ = l.conn.Close(c.code, c.reason) // the reader hears of the end
}

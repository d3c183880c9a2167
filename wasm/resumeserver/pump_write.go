//go:build !js

package resumeserver

import (
	"time"

	"github.com/tetherscope/tetherscope/wasm/internal/session"
)

// What a session writes to its connection.

// write sends frames until the connection ends.
func (s *Session) write(l *connection) {
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
func (s *Session) expects(l *connection) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting, _ := s.state.Pending()
	return l.line.Checked && s.conn == l && s.over == nil && (waiting > 0 || !s.confirmed)
}

// sync returns the frame that asks the client for an acknowledgement, if one is to come.
func (s *Session) sync(l *connection, buffer []byte) []byte {
	if !s.expects(l) {
		return buffer[:0]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Sync(l.line.Begin(buffer[:0]))
}

// drain sends what there is to send, and then the acknowledgement that is still owed if it is due.
func (s *Session) drain(l *connection, buffer []byte, due bool) ([]byte, error) {
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
func (s *Session) frame(l *connection, dst []byte, due bool) (frame []byte, text, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != l || s.over != nil {
		return dst, false, false
	}
	if frame, ok = s.state.Pong(dst); ok {
		return frame, true, true
	}
	if token := s.offer(); token != 0 && token != l.given {
		l.given = token
		return session.AppendToken(dst, token), true, true
	}
	if frame, text, ok = s.state.Next(dst); ok {
		return frame, text, true
	}
	if due || s.state.Urgent() {
		frame, ok = s.state.Ack(dst)
		return frame, true, ok
	}
	return dst, false, false
}

// offer returns the token that the client is to confirm, 0 for none. The lock is held.
func (s *Session) offer() uint64 {
	if s.kept == nil {
		return 0
	}
	return s.kept.offer()
}

// owes reports whether an acknowledgement waits for company.
func (s *Session) owes(l *connection) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn == l && s.over == nil && s.state.AckPending()
}

// farewellTo closes the connection in good order.
func (s *Session) farewellTo(l *connection, c closing) {
	if c.end {
		s.mu.Lock()
		end := s.state.End(l.line.Begin(nil), uint16(c.code))
		s.mu.Unlock()
		if err := l.send(true, end); err != nil {
			return
		}
	}
	_ = l.conn.Close(c.code, c.reason) // the reader gets the error
}

//go:build !js

package resumeserver

import (
	"context"
	"errors"
	"log"
	"net/http"
	"runtime/debug"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/resume"
)

// ackDelay is how long an acknowledgement waits for a message to travel with.
const ackDelay = 20 * time.Millisecond

// begin runs the handler's function, once. When it panics, the session ends with 1011 and the panic is logged where
// net/http logs those of handlers.
func (s *Session) begin(serve func(ctx context.Context, s *Session)) {
	s.begun.Do(func() {
		go func() {
			code := websocket.StatusInternalError
			defer func() {
				if v := recover(); v != nil {
					s.logf("resumeserver: panic in a session: %v\n%s", v, debug.Stack())
				}
				_ = s.Close(code, "") // it may have been over
			}()
			serve(s.ctx, s)
			code = websocket.StatusNormalClosure
		}()
	})
}

func (s *Session) logf(format string, args ...any) {
	if server, ok := s.ctx.Value(http.ServerContextKey).(*http.Server); ok && server.ErrorLog != nil {
		server.ErrorLog.Printf(format, args...)
		return
	}
	log.Printf(format, args...)
}

// attach makes l the session's connection in place of the one that it may have. It reports false when the client's
// position is not of this session.
func (s *Session) attach(l *link, p resume.Position, outcome resume.Outcome, g grave) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.core.Attach(p); err != nil {
		return false
	}
	if s.link != nil {
		s.link.cut(ErrReplaced)
	}
	s.link = l
	s.confirmed = s.confirmed || outcome == resume.Resumed
	w := resume.Welcome{
		Outcome: outcome, ID: s.id, Position: s.core.Position(), Sent: s.core.Last(), Subprotocol: s.subprotocol,
		Lifetime: uint64(s.table.server.Lifetime / time.Millisecond),
	}
	if outcome == resume.Gone {
		w.Known, w.Taken, w.Received, w.Sent = g.known, g.position.Taken, g.position.Received, g.sent
	}
	l.welcome = resume.AppendWelcome(l.line.Begin(nil), w)
	l.signal() // there may be something to send again
	s.account()
	s.changed.light()
	return true
}

// detach reports whether l was the session's connection.
func (s *Session) detach(l *link) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != l {
		return false
	}
	s.link = nil
	return true
}

// end is the last thing that happens to a session. It returns what is to be remembered.
func (s *Session) end(err error) grave {
	s.mu.Lock()
	defer s.mu.Unlock()
	pending, _ := s.core.Pending()
	g := grave{owner: s.owner, known: true, position: s.core.Position(), sent: s.core.Last()}
	if s.leaving && errors.Is(err, ErrClosed) {
		g.last = s.last
	}
	if s.leaving {
		g.position.Received = g.position.Taken // nobody reads the rest
	}
	s.table.account(-s.counted)
	s.over = &EndError{pending, err}
	if s.link != nil {
		s.link.close(s.farewell(err))
	}
	s.cancel(s.over)
	s.changed.light()
	return g
}

// farewell says how the connection of an ending session is closed.
func (s *Session) farewell(err error) closing {
	switch {
	case errors.Is(err, ErrClosed) && s.leaving:
		return s.last
	case errors.Is(err, ErrClosed):
		return closing{websocket.StatusGoingAway, "the server is shutting down", false}
	default:
		return closing{websocket.StatusNormalClosure, "", false}
	}
}

// carry serves one connection until it is over, and says why. The handler's function begins once the client is known to
// know the session, so that nothing is written to one whose welcome got lost.
func (s *Session) carry(l *link, serve func(ctx context.Context, s *Session)) error {
	var helpers sync.WaitGroup
	helpers.Go(func() { s.write(l) })
	if l.heartbeat > 0 {
		helpers.Go(l.keepAlive)
	}
	l.cut(s.read(l, serve))
	s.table.leave(s, l)
	helpers.Wait()
	return context.Cause(l.ctx)
}

// read takes frames until the connection ends.
func (s *Session) read(l *link, serve func(ctx context.Context, s *Session)) error {
	for begun := false; ; {
		if !begun && s.isConfirmed() {
			s.begin(serve)
			begun = true
		}
		kind, p, err := l.conn.Read(l.ctx)
		if err != nil {
			return err
		}
		text := kind == websocket.MessageText
		if p, err = l.line.Open(text, p); err != nil {
			_ = l.conn.Close(codeOf(err), reason(err))
			return err
		}
		if p == nil {
			continue // it came once more
		}
		if text && !utf8.Valid(p) {
			_ = l.conn.Close(websocket.StatusInvalidFramePayloadData, "text that is not UTF-8 (RFC 6455 §8.1)")
			return errUTF8
		}
		if err := s.receive(l, text, p); err != nil {
			_ = l.conn.Close(codeOf(err), reason(err))
			return err
		}
	}
}

// codeOf returns the code to close a connection with after an error of its client. What was damaged on the way is not the
// client's fault, and it comes back; after 1002 it would not.
func codeOf(err error) websocket.StatusCode {
	if errors.Is(err, resume.ErrDamaged) {
		return websocket.StatusInternalError
	}
	return websocket.StatusProtocolError
}

var errUTF8 = errors.New("resumeserver: text that is not UTF-8")

// isConfirmed reports whether the client is known to know the session.
func (s *Session) isConfirmed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.confirmed
}

// receive takes one frame.
func (s *Session) receive(l *link, text bool, p []byte) error {
	s.mu.Lock()
	if s.link != l || s.over != nil {
		s.mu.Unlock()
		return nil // on its way out: not read, so not acknowledged
	}
	got, acked, err := s.core.Receive(text, p)
	s.account()
	if err == nil {
		s.confirmed = true
	}
	s.mu.Unlock()
	if acked > 0 {
		s.changed.light()
		l.signal()
	}
	switch got {
	case resume.GotMessage:
		s.signal()
	case resume.GotEnd:
		s.table.remove(s, ErrLeft)
	case resume.GotPing, resume.GotSync:
		l.signal()
	case resume.GotNothing, resume.GotPong:
	}
	return err
}

// syncAfter is how long a client may leave unacknowledged what it has, or a welcome without an answer, before it is asked.
const syncAfter = 2 * time.Second

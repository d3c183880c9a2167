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

	"github.com/tetherscope/tetherscope/wasm/internal/session"
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
func (s *Session) attach(l *connection, p session.Position, outcome session.Outcome, g tombstone) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.state.Attach(p); err != nil {
		return false
	}
	if s.conn != nil {
		s.conn.cut(ErrReplaced)
	}
	s.conn = l
	id := s.id
	if s.kept != nil {
		l.token, l.given = s.kept.token(), s.kept.token()
		id = session.JoinName(s.id, l.token)
	} else {
		s.confirmed = s.confirmed || outcome == session.Resumed
	}
	w := session.Welcome{
		Outcome: outcome, ID: id, Position: s.state.Position(), Sent: s.state.Last(), Subprotocol: s.subprotocol,
		Lifetime: uint64(s.table.server.Lifetime / time.Millisecond),
	}
	if outcome == session.Gone {
		w.Known, w.Taken, w.Received, w.Sent = g.known, g.position.Taken, g.position.Received, g.sent
	}
	l.welcome = session.AppendWelcome(l.line.Begin(nil), w)
	l.signal() // there may be something to send again
	s.account()
	s.changed.Broadcast()
	return true
}

// detach reports whether l was the session's connection.
func (s *Session) detach(l *connection) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != l {
		return false
	}
	s.conn = nil
	return true
}

// end is the last thing that happens to a session. It returns what is to be remembered.
func (s *Session) end(err error) tombstone {
	s.mu.Lock()
	defer s.mu.Unlock()
	pending, _ := s.state.Pending()
	if s.kept != nil {
		pending += len(s.kept.staged)
	}
	g := tombstone{owner: s.owner, known: true, position: s.state.Position(), sent: s.state.Last()}
	if s.leaving && errors.Is(err, ErrClosed) {
		g.last = s.last
	}
	if s.leaving {
		g.position.Received = g.position.Taken // the rest will not be read
	}
	s.table.account(-s.counted)
	s.over = &EndError{pending, err}
	if s.conn != nil {
		s.conn.close(s.farewell(err))
	}
	s.cancel(s.over)
	s.changed.Broadcast()
	return g
}

// farewell says how the connection of an ending session is closed.
func (s *Session) farewell(err error) closing {
	switch {
	case errors.Is(err, ErrClosed) && s.leaving:
		return s.last
	case errors.Is(err, ErrClosed) && s.table.goodbye != nil:
		last := s.table.goodbye()
		last.end = false // the session goes on elsewhere
		return last
	case errors.Is(err, ErrClosed):
		return closing{websocket.StatusGoingAway, "the server is shutting down", false}
	case errors.Is(err, ErrMoved):
		return closing{websocket.StatusGoingAway, "the session goes on at another node", false}
	default:
		return closing{websocket.StatusNormalClosure, "", false}
	}
}

// pump serves one connection until it is over, and says why. The handler's function begins once the client is known to
// know the session, so that nothing is written to one whose welcome got lost.
func (s *Session) pump(l *connection, serve func(ctx context.Context, s *Session)) error {
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
func (s *Session) read(l *connection, serve func(ctx context.Context, s *Session)) error {
	for begun := false; ; {
		if !begun && s.isConfirmed() {
			s.begin(serve)
			begun = true
		}
		kind, p, err := l.read()
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
	if errors.Is(err, session.ErrDamaged) {
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

var errToken = &session.ProtocolError{Problem: "a client that gives the session a token"}

// confirm notes what the client is known to know after a frame. The lock is held.
func (s *Session) confirm(l *connection, got session.Received) {
	first := !l.answered
	l.answered, s.confirmed = true, true
	if s.kept == nil {
		return
	}
	ended := first && s.kept.confirmed(l.token)
	if got == session.GotPong {
		ended = s.kept.confirmed(s.state.Answered()) || ended
	}
	if ended {
		s.table.keeper.mark(s)
	}
}

// receive takes one frame.
func (s *Session) receive(l *connection, text bool, p []byte) error {
	s.mu.Lock()
	if s.conn != l || s.over != nil {
		s.mu.Unlock()
		return nil // on its way out: not read, so not acknowledged
	}
	got, acked, err := s.state.Receive(text, p)
	if got == session.GotToken {
		err = errToken
	}
	s.account()
	if err == nil {
		s.confirm(l, got)
	}
	s.mu.Unlock()
	if acked > 0 {
		s.changed.Broadcast()
		l.signal()
	}
	switch got {
	case session.GotMessage:
		s.signal()
	case session.GotEnd:
		s.table.remove(s, ErrLeft)
	case session.GotPing, session.GotSync:
		l.signal()
	case session.GotNothing, session.GotPong, session.GotToken:
	}
	return err
}

// syncAfter is how long a client may leave unacknowledged what it has, or a welcome without an answer, before it is asked.
const syncAfter = 2 * time.Second

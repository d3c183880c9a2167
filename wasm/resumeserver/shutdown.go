//go:build !js

package resumeserver

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/coder/websocket"
)

// UnacknowledgedError is returned by [Server.Shutdown]: whether these messages arrived is uncertain.
type UnacknowledgedError struct {
	Sessions int   // that had such messages
	Messages int   // that Write had accepted
	Err      error // the cause of the context that ended, or ErrClosed if the sessions ended before
}

func (e *UnacknowledgedError) Error() string {
	return "resumeserver: " + strconv.Itoa(e.Messages) + " messages of " + strconv.Itoa(e.Sessions) + " sessions were not acknowledged: " + e.Err.Error()
}

// Unwrap returns Err.
func (e *UnacknowledgedError) Unwrap() error { return e.Err }

// Shutdown ends every session in good order and takes no new one; clients of sessions that live may still come back. It lets
// each client acknowledge what is pending until ctx is done; then, or as soon as nothing is, the connection is closed with code
// and with the reason that the function returns for this client, cut to 123 bytes. The function may be nil, must return
// at once and must not call the server; one that spreads the clients is the Next of retryhint.Spread, with code 1012. A code that is none becomes 1001. From the call on Session.Write
// returns [ErrClosed], and Read returns what arrives.
//
// It returns nil if clients have acknowledged everything, else an [UnacknowledgedError]. With a Store nothing is waited for but
// what [Server.Close] waits for: the sessions are left to other nodes, and code and reason are those of their connections. Shutdown
// is called once, and ends as Close does.
func (s *Server) Shutdown(ctx context.Context, code websocket.StatusCode, reason func() string) error {
	s.init()
	if code < 1000 || code > 4999 {
		code = websocket.StatusGoingAway
	}
	if reason == nil {
		reason = func() string { return "" }
	}
	farewell := func() closing { return closing{code, cutReason(reason()), true} }
	err := s.table.drain(ctx, farewell)
	s.table.close()
	return err
}

// drain sets how connections are closed from now on, and ends the sessions that live in memory alone.
func (t *table) drain(ctx context.Context, farewell func() closing) error {
	t.mu.Lock()
	t.draining, t.goodbye = true, farewell
	t.mu.Unlock()
	if t.keeper != nil {
		return nil
	}
	var sessions, messages atomic.Int64
	var group sync.WaitGroup
	for _, s := range t.all() {
		group.Go(func() {
			if left := s.shutdown(ctx, farewell()); left > 0 {
				sessions.Add(1)
				messages.Add(int64(left))
			}
		})
	}
	group.Wait()
	if sessions.Load() == 0 {
		return nil
	}
	return &UnacknowledgedError{int(sessions.Load()), int(messages.Load()), cmp.Or(context.Cause(ctx), ErrClosed)}
}

// shutdown ends the session, and returns how many messages the client has not acknowledged when ctx is done.
func (s *Session) shutdown(ctx context.Context, last closing) (left int) {
	s.mu.Lock()
	if !s.leaving {
		s.leaving, s.last = true, last
	}
	s.mu.Unlock()
	s.changed.Broadcast()
	_ = s.Flush(ctx) // what is left says the end
	s.table.remove(s, ErrClosed)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over.Pending
}

// cutReason makes text fit for a close frame: UTF-8 of at most 123 bytes (RFC 6455 §5.5).
func cutReason(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	return strings.ToValidUTF8(text[:min(len(text), 123)], "")
}

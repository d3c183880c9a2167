//go:build !js

package resumeserver

import (
	"container/list"
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/wasm/internal/broadcast"
	"github.com/tetherscope/tetherscope/wasm/internal/session"
)

// Session is one client's session. Its methods may be called from any goroutine.
type Session struct {
	table       *table
	id          string
	owner       string
	subprotocol string
	request     *http.Request
	ctx         context.Context
	cancel      context.CancelCauseFunc
	begun       sync.Once

	// Guarded by the table's lock.
	place    *list.Element // in the list of detached sessions
	detaches uint64        // how often the session lost its connection
	expiry   *time.Timer

	readable chan struct{}         // holds a token when there may be something to read
	changed  broadcast.Broadcaster // Write or Flush may go on

	mu        sync.Mutex
	state     *session.Session
	conn      *connection // nil: detached
	leaving   bool        // Write takes no more
	confirmed bool        // the client knows the session: it has sent something after a welcome
	last      closing
	kept      *kept // nil without a store
	moved     bool  // from another node
	hurried   bool  // a timer runs that calls hurry
	retiring  bool  // the handler gets no more messages: another node is to continue
	over      *EndError
	counted   int64 // the bytes of this session in the total of the table
}

func newSession(t *table, id, owner string, r *http.Request) *Session {
	s := &Session{
		table: t, id: id, owner: owner, readable: make(chan struct{}, 1), state: session.New(t.server.Window),
		request: r.WithContext(context.WithoutCancel(r.Context())),
	}
	for _, name := range offers(r) {
		if slices.Contains(t.server.Subprotocols, name) {
			s.subprotocol = name
			break
		}
	}
	s.ctx, s.cancel = context.WithCancelCause(s.request.Context())
	return s
}

// Request returns the handshake of the session's first connection. Its context ends with the session.
func (s *Session) Request() *http.Request { return s.request.WithContext(s.ctx) }

// Subprotocol returns which of [Server.Subprotocols] was chosen; it may be empty.
func (s *Session) Subprotocol() string { return s.subprotocol }

// Owner returns what [Server.Owner] said.
func (s *Session) Owner() string { return s.owner }

// Connected reports whether the session has a connection now.
func (s *Session) Connected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn != nil && s.over == nil
}

// Pending returns how many messages the client has not acknowledged, and what they cost in bytes.
func (s *Session) Pending() (messages, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Pending()
}

// Read returns the next message of the client, whatever connections it came over, and by that acknowledges it. It waits
// for one until ctx is done, whose cause it returns. When the session is over it returns what had arrived, and then an
// [EndError].
func (s *Session) Read(ctx context.Context) (websocket.MessageType, []byte, error) {
	for {
		if m, ok, err := s.take(); ok || err != nil {
			return kindOf(m.Text), m.Data, err
		}
		select {
		case <-s.readable:
		case <-s.ctx.Done():
		case <-ctx.Done():
			if m, ok, err := s.take(); ok || err != nil { // ctx may have ended because the session has
				return kindOf(m.Text), m.Data, err
			}
			return 0, nil, context.Cause(ctx)
		}
	}
}

// take is Read that does not wait.
func (s *Session) take() (m session.Message, ok bool, err error) {
	if s.kept != nil {
		return s.takeKept()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	owed := s.state.AckPending()
	m, ok = s.state.Read()
	if !ok {
		if s.over != nil {
			err = s.over
		}
		return m, false, err
	}
	s.account()
	if left, _ := s.state.Unread(); left > 0 {
		s.signal()
	}
	if s.conn != nil && (!owed || s.state.Urgent()) {
		s.conn.signal()
	}
	return m, true, nil
}

// Write accepts a message for the client, who gets it now or over a later connection. It copies p. While the pending
// messages are at the server's Buffer it waits until ctx is done, whose cause it returns. When the session is over it
// returns an [EndError], and [ErrClosed] after Close; for a message larger than the server's Buffer, [ErrTooBig].
func (s *Session) Write(ctx context.Context, kind websocket.MessageType, p []byte) error {
	var changed, room <-chan struct{}
	for {
		accepted, err := s.append(kind, p)
		if accepted || err != nil {
			return err
		}
		if changed == nil {
			changed, room = s.changed.Next(), s.table.room.Next() // and try once more
			continue
		}
		select {
		case <-changed:
		case <-room:
		case <-s.ctx.Done():
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		changed = nil
	}
}

// append is Write that does not wait.
func (s *Session) append(kind websocket.MessageType, p []byte) (bool, error) {
	room := s.table.makeRoom()
	s.mu.Lock()
	defer s.mu.Unlock()
	_, held := s.state.Pending()
	if s.kept != nil {
		held += s.kept.cost
	}
	switch {
	case s.over != nil:
		return false, s.over
	case s.leaving:
		return false, ErrClosed
	case len(p) > s.table.server.Buffer:
		return false, ErrTooBig
	case !room || held >= s.table.server.Buffer:
		return false, nil
	}
	m := session.Message{Text: kind == websocket.MessageText, Data: append([]byte(nil), p...)}
	if s.kept != nil {
		s.stage(m)
		s.account()
		return true, nil
	}
	s.state.Append(m)
	s.account()
	if s.conn != nil {
		s.conn.signal()
	}
	return true, nil
}

// Flush waits until the client has acknowledged everything that Write accepted. It returns ctx's cause, or an [EndError]
// when the session ends before.
func (s *Session) Flush(ctx context.Context) error {
	for {
		changed := s.changed.Next()
		s.mu.Lock()
		left, _ := s.state.Pending()
		if s.kept != nil {
			left += len(s.kept.staged)
		}
		over := s.over
		s.mu.Unlock()
		switch {
		case left == 0:
			return nil
		case over != nil:
			return over
		}
		select {
		case <-changed:
		case <-s.ctx.Done():
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Close takes no more messages, lets the client acknowledge those that are pending, for the server's Lifetime at most,
// and ends the session: its connection is closed with code and reason. A code that is none becomes 1000. The error is an [EndError] if the session was over
// before.
func (s *Session) Close(code websocket.StatusCode, text string) error {
	s.mu.Lock()
	if code < 1000 || code > 4999 {
		code = websocket.StatusNormalClosure
	}
	if s.retiring { // it is another node's to end
		s.mu.Unlock()
		return nil
	}
	if s.kept != nil { // the handler is done, and what it wrote last is to be saved
		s.kept.finish()
		s.table.keeper.mark(s)
	}
	if !s.leaving {
		s.leaving, s.last = true, closing{code, text, true}
	}
	s.mu.Unlock()
	s.changed.Broadcast()
	ctx, cancel := context.WithTimeout(context.Background(), s.table.server.Lifetime)
	defer cancel()
	err := s.Flush(ctx)
	s.table.remove(s, ErrClosed)
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.over
	}
	return nil
}

func kindOf(text bool) websocket.MessageType {
	if text {
		return websocket.MessageText
	}
	return websocket.MessageBinary
}

// signal wakes a reader.
func (s *Session) signal() {
	select {
	case s.readable <- struct{}{}:
	default:
	}
}

// account updates the total of the table. The lock is held.
func (s *Session) account() {
	if s.over != nil {
		return
	}
	_, pending := s.state.Pending()
	_, unread := s.state.Unread()
	now := int64(pending + unread)
	if s.kept != nil {
		now += int64(s.kept.cost)
	}
	s.table.account(now - s.counted)
	s.counted = now
}

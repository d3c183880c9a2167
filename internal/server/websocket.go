package server

import (
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/wslimit"
)

// accept upgrades a request to a guarded socket that is counted, kept alive and closed with the server. It has answered
// when it returns nil. The caller must call release when it is done with the connection.
func (s *Server) accept(w http.ResponseWriter, r *http.Request, opts websocket.AcceptOptions) (c *websocket.Conn, release func()) {
	return s.acceptOn(s.limited(w), r, opts)
}

// limited guards the connection that is hijacked from w.
func (s *Server) limited(w http.ResponseWriter) http.ResponseWriter {
	return wslimit.Wrap(w, wslimit.Limits{Message: s.cfg.MaxMessage})
}

// acceptOn is accept for a w that is limited.
func (s *Server) acceptOn(w http.ResponseWriter, r *http.Request, opts websocket.AcceptOptions) (c *websocket.Conn, release func()) {
	place := s.sockets.reserve()
	if place == nil {
		refuseFull(w)
		return nil, nil
	}
	opts.InsecureSkipVerify = true // our own check of Origin came before, and is stricter
	wslimit.DropBadOffers(r)
	c, err := websocket.Accept(w, r, &opts)
	if err != nil {
		place.release()
		return nil, nil
	}
	c.SetReadLimit(s.cfg.MaxMessage)
	place.opened(func(ctx context.Context) { closeBy(ctx, c, websocket.StatusGoingAway, "the server is shutting down") })
	stop := keepAlive(c, s.cfg.Heartbeat)
	return c, func() {
		stop()
		_ = c.CloseNow() // the peer may be gone already
		place.release()
	}
}

// keepAlive pings a socket until stop, and closes one whose peer is gone, or does not read what it is sent. Between two pings it
// is a timer and no goroutine: idle sockets are many.
func keepAlive(c *websocket.Conn, every time.Duration) (stop func()) {
	alive, cancel := context.WithCancel(context.Background())
	var beat *time.Timer
	beat = time.AfterFunc(math.MaxInt64, func() {
		answer, done := context.WithTimeout(alive, every)
		defer done()
		err := c.Ping(answer)
		switch {
		case alive.Err() != nil:
		case err == nil:
			beat.Reset(every)
		default:
			// Not 1008: a client that was only asleep reads this when it wakes, and must take it as a reason to come back.
			_ = c.Close(websocket.StatusGoingAway, fmt.Sprintf("no pong for %v", every)) // the reader gets the error
		}
	})
	beat.Reset(every)
	return func() {
		cancel()
		beat.Stop()
	}
}

// closeBy closes c in good order, or without it when ctx ends first.
func closeBy(ctx context.Context, c *websocket.Conn, code websocket.StatusCode, reason string) {
	stop := context.AfterFunc(ctx, func() { _ = c.CloseNow() })
	defer stop()
	_ = c.Close(code, reason) // the handler's read returns with an error
}

// closeFor closes c with the code that the error of a read calls for: that of a [wslimit.Violation], or 1007 for a message that
// cannot be decompressed. Other errors have been answered by the library, or the connection is gone.
func closeFor(c *websocket.Conn, err error) {
	var v *wslimit.Violation
	var corrupt flate.CorruptInputError
	switch {
	case errors.As(err, &v):
		_ = c.Close(websocket.StatusCode(v.Code), v.Reason)
	case errors.As(err, &corrupt):
		_ = c.Close(websocket.StatusInvalidFramePayloadData, "broken compressed data (RFC 7692 §7.2.2)")
	}
}

// refuseFull answers when there is no place for another socket.
func refuseFull(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "5")
	refuse(w, http.StatusServiceUnavailable, "The maximum number of WebSocket connections is reached, or the server is shutting down.")
}

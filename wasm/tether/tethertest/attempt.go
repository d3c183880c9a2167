//go:build !js

package tethertest

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/coder/websocket"
)

// ErrGone is the error of an answer to an attempt that is over: the client gave it up, it was cut, or it was answered before.
var ErrGone = errors.New("tethertest: the attempt is over or was answered before")

// Attempt is one opening handshake that waits for an answer.
type Attempt struct {
	// Request is the client's: URL, headers, cookies.
	Request *http.Request

	link     *link
	answered atomic.Bool
	answers  chan func(http.ResponseWriter)
	gone     chan struct{} // closed when no answer is awaited any more
}

// Accept opens the connection. Subprotocols are those that the server speaks, best first; without any it chooses the first that the
// client offers. With [tether.WithResume] use Serve: a session needs package resumeserver on this side.
func (a *Attempt) Accept(subprotocols ...string) (*Conn, error) {
	if len(subprotocols) == 0 {
		first, _, _ := strings.Cut(a.Request.Header.Get("Sec-WebSocket-Protocol"), ",")
		subprotocols = []string{strings.TrimSpace(first)}
	}
	type result struct {
		conn *Conn
		err  error
	}
	accepted := make(chan result, 1)
	err := a.answer(func(w http.ResponseWriter) {
		ws, err := websocket.Accept(w, a.Request, &websocket.AcceptOptions{Subprotocols: subprotocols, InsecureSkipVerify: true})
		if err != nil {
			accepted <- result{nil, fmt.Errorf("tethertest: cannot accept: %w", err)}
			return
		}
		accepted <- result{newConn(ws, a), nil}
	})
	if err != nil {
		return nil, err
	}
	r := <-accepted
	return r.conn, r.err
}

// Refuse answers with an HTTP status from 200 to 599 and the fields of header, which may be nil.
func (a *Attempt) Refuse(status int, header http.Header) error {
	if status < 200 || status > 599 {
		return fmt.Errorf("tethertest: %d is no status to refuse with", status)
	}
	written := make(chan struct{})
	err := a.answer(func(w http.ResponseWriter) {
		maps.Copy(w.Header(), header)
		w.WriteHeader(status)
		close(written)
	})
	if err == nil {
		<-written
	}
	return err
}

// Serve lets h answer, on a goroutine of its own, and returns at once: h may be that of the program under test.
func (a *Attempt) Serve(h http.Handler) error {
	return a.answer(func(w http.ResponseWriter) { h.ServeHTTP(w, a.Request) })
}

// Cut ends the TCP connection without an answer, or after Accept and Serve without a close frame.
func (a *Attempt) Cut() { a.link.cut() }

// Freeze lets nothing more through in either direction, and no end either, until the client gives up or the server is closed.
func (a *Attempt) Freeze() { a.link.freeze() }

func (a *Attempt) answer(f func(http.ResponseWriter)) error {
	if a.link.isFrozen() {
		return errors.New("tethertest: the attempt is frozen")
	}
	if !a.answered.CompareAndSwap(false, true) {
		return ErrGone
	}
	select {
	case a.answers <- f:
		return nil
	case <-a.gone:
		return ErrGone
	}
}

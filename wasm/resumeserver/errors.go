//go:build !js

package resumeserver

import (
	"errors"
	"strconv"
)

// Why a session or a connection ended, for errors.Is.
var (
	// ErrExpired: the client did not come back within Lifetime.
	ErrExpired = errors.New("resumeserver: the client did not come back in time")
	// ErrEvicted: the session was detached and had to make room for others.
	ErrEvicted = errors.New("resumeserver: the session had to make room")
	// ErrLeft: the client ended the session.
	ErrLeft = errors.New("resumeserver: the client ended the session")
	// ErrClosed: [Session.Close] or [Server.Close] was called, or the handler's function returned.
	ErrClosed = errors.New("resumeserver: closed")
	// ErrFull: the server holds as much as it may.
	ErrFull = errors.New("resumeserver: no room for another session")
	// ErrTooBig: a message for [Session.Write] is larger than the server's Buffer.
	ErrTooBig = errors.New("resumeserver: the message is larger than the buffer")
	// ErrSubprotocol: the connection was accepted without [Subprotocol] or [SubprotocolUnchecked].
	ErrSubprotocol = errors.New("resumeserver: the connection does not have the subprotocol")
	// ErrReplaced: the client has opened another connection for the same session.
	ErrReplaced = errors.New("resumeserver: replaced by a newer connection")
)

// EndError is what Read and Write return once a session is over.
type EndError struct {
	Pending int   // messages that Write accepted and the client has not acknowledged: whether it got them is uncertain
	Err     error // ErrExpired, ErrEvicted, ErrLeft or ErrClosed
}

func (e *EndError) Error() string {
	if e.Pending == 0 {
		return e.Err.Error()
	}
	what := " messages"
	if e.Pending == 1 {
		what = " message"
	}
	return e.Err.Error() + " (" + strconv.Itoa(e.Pending) + what + " not acknowledged)"
}

// Unwrap returns Err.
func (e *EndError) Unwrap() error { return e.Err }

// reason is err for a close frame, which has room for 123 bytes.
func reason(err error) string {
	s := err.Error()
	return s[:min(len(s), 123)]
}

package tether

import (
	"errors"
	"strconv"
	"time"
)

// What goes wrong, for errors.Is.
var (
	// ErrClosed: the client was closed, or is shutting down, and takes no more messages.
	ErrClosed = errors.New("tether: client is closed")
	// ErrQueueFull: the outbox is at its limit.
	ErrQueueFull = errors.New("tether: outbox is full")
	// ErrExpired: a message could not be handed over within the time of [Expires].
	ErrExpired = errors.New("tether: message expired in the outbox")
	// ErrReplaced: a newer message with the same key took the place of this one, see [Replaces].
	ErrReplaced = errors.New("tether: message was replaced by a newer one")
	// ErrNotConnected: a [Volatile] message found no connection that would take it.
	ErrNotConnected = errors.New("tether: not connected")
	// ErrCanceled: a message was taken out of the outbox by [Receipt.Cancel].
	ErrCanceled = errors.New("tether: message was canceled before it was sent")
	// ErrUncertain: the connection ended when the platform had a message and had not sent all of it.
	ErrUncertain = errors.New("tether: connection ended while the message was being sent")
	// ErrMessageTooBig: a message is larger than a limit of this client. An inbound one closes the connection with 1009.
	ErrMessageTooBig = errors.New("tether: message is larger than the limit")
	// ErrInboxFull: messages arrive faster than they are read. The connection is closed with 1008 and made anew.
	ErrInboxFull = errors.New("tether: inbox is full")
	// ErrConnectTimeout: an attempt took longer than [WithConnectTimeout] allows and was given up.
	ErrConnectTimeout = errors.New("tether: connect timeout")
	// ErrCloseTimeout: the peer did not answer our close frame within [WithCloseTimeout].
	ErrCloseTimeout = errors.New("tether: peer did not answer the close frame in time")
	// ErrUndelivered: Shutdown ended before everything in the outbox was handed over. [Dropped] tells how many.
	ErrUndelivered = errors.New("tether: some messages were not delivered")
	// ErrRunning: Run was called a second time.
	ErrRunning = errors.New("tether: Run may be called once")
	// ErrReconnect is the cause in events when Reconnect was called with nil.
	ErrReconnect = errors.New("tether: reconnect was asked for")

	errEndpointPanicked = errors.New("tether: the endpoint function panicked")
)

// OptionError is an option or URL that [New] cannot accept.
type OptionError struct {
	Option string // "url", "WithBackoff", …
	Reason string
}

func (e *OptionError) Error() string { return "tether: " + e.Option + ": " + e.Reason }

// StopError is why a client gave up for good although nobody closed it.
type StopError struct {
	Rule string // the rule that said so, as in [Decision]
	Err  error  // the last failure; a [CloseError] unless an [Endpoint] failed with [Permanent]
}

func (e *StopError) Error() string { return "tether: stopped (" + e.Rule + "): " + e.Err.Error() }

// Unwrap returns the last failure.
func (e *StopError) Unwrap() error { return e.Err }

// HandshakeError is a handshake that was answered with something else than a WebSocket. Browsers do not tell.
type HandshakeError struct {
	Status     int           // of HTTP
	RetryAfter time.Duration // what the server asked for with Retry-After; 0: nothing
	Err        error         // what the platform said
}

func (e *HandshakeError) Error() string {
	return "handshake refused with HTTP status " + strconv.Itoa(e.Status)
}

// Unwrap returns what the platform said.
func (e *HandshakeError) Unwrap() error { return e.Err }

// Permanent wraps an error of an [Endpoint] that trying again cannot cure: the client stops.
func Permanent(err error) error { return &endpointError{err: err, stop: true} }

// RetryAfter wraps an error of an [Endpoint]: the next attempt comes no sooner than after d.
func RetryAfter(d time.Duration, err error) error { return &endpointError{err: err, after: d} }

type endpointError struct {
	err   error
	stop  bool
	after time.Duration
}

func (e *endpointError) Error() string { return e.err.Error() }
func (e *endpointError) Unwrap() error { return e.err }

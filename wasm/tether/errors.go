package tether

import (
	"errors"
	"strconv"
	"time"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// What goes wrong, for errors.Is.
var (
	// ErrClosed: the client was closed, or is shutting down, and takes no more messages.
	ErrClosed = engine.ErrClosed
	// ErrQueueFull: the outbox is at its limit.
	ErrQueueFull = errors.New("tether: outbox is full")
	// ErrExpired: a message could not be handed over within the time of [Expires].
	ErrExpired = errors.New("tether: message expired in the outbox")
	// ErrReplaced: a newer message with the same key took the place of this one, see [Replaces].
	ErrReplaced = errors.New("tether: message was replaced by a newer one")
	// ErrNotConnected: a [Volatile] message found no connection that would take it.
	ErrNotConnected = errors.New("tether: not connected")
	// ErrDisconnected is the cause of the context of [Handle] when the connection that the call came over has ended.
	ErrDisconnected = errors.New("tether: the connection of the call has ended")
	// ErrCanceled: a message was taken out of the outbox by [Receipt.Cancel].
	ErrCanceled = errors.New("tether: message was canceled before it was sent")
	// ErrUncertain: the connection ended when the platform had a message and had not sent all of it.
	ErrUncertain = errors.New("tether: connection ended while the message was being sent")
	// ErrMessageTooBig: a message is larger than a limit of this client. An inbound one closes the connection with 1009.
	ErrMessageTooBig = engine.ErrMessageTooBig
	// ErrInboxFull: messages arrive faster than they are read. The connection is closed with 1008, and a new one is made.
	ErrInboxFull = engine.ErrInboxFull
	// ErrConnectTimeout: an attempt took longer than [WithConnectTimeout] allows and was given up.
	ErrConnectTimeout = engine.ErrConnectTimeout
	// ErrCloseTimeout: the peer did not answer our close frame within [WithCloseTimeout].
	ErrCloseTimeout = engine.ErrCloseTimeout
	// ErrUndelivered: Shutdown cannot vouch for every message. A [ShutdownError] says how many, and why.
	ErrUndelivered = errors.New("tether: some messages were not delivered")
	// ErrGoexit: a listener or a function given as an option ended its goroutine, as runtime.Goexit and testing.T.FailNow do. Listeners and
	// functions of a router go on with what follows; where it was the goroutine of Run, the client is closed with it.
	ErrGoexit = errors.New("tether: a function ended its goroutine (runtime.Goexit)")
	// ErrRunning: Run was called a second time.
	ErrRunning = errors.New("tether: Run may be called once")
	// ErrReconnect is the cause in events when Reconnect was called with nil.
	ErrReconnect = errors.New("tether: reconnect was asked for")

	errHelloPanicked    = errors.New("tether: the hello function panicked")
	errEndpointPanicked = errors.New("tether: the endpoint function panicked")
)

// OptionError is an option or URL that [New] cannot accept.
type OptionError struct {
	Option string // "url", "WithBackoff", …
	Reason string
}

func (e *OptionError) Error() string { return "tether: " + e.Option + ": " + e.Reason }

// StopError says why the policy stopped a client.
type StopError struct {
	Rule string // the rule that said so, as in [Decision]
	Err  error  // the last failure; a [CloseError] unless an [Endpoint] failed with [Permanent]
}

func (e *StopError) Error() string { return "tether: stopped (" + e.Rule + "): " + e.Err.Error() }

// Unwrap returns the last failure.
func (e *StopError) Unwrap() error { return e.Err }

// HandshakeError is a handshake that was answered with something else than a WebSocket. Browsers do not report it.
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

// ofEndpoint returns err as one that is known to be of an [Endpoint].
func ofEndpoint(err error) error {
	if _, ok := errors.AsType[*endpointError](err); ok {
		return err
	}
	return &endpointError{err: err}
}

func (e *endpointError) Error() string { return e.err.Error() }
func (e *endpointError) Unwrap() error { return e.err }

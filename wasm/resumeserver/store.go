//go:build !js

package resumeserver

import (
	"context"
	"errors"
	"time"
)

// Store keeps the sessions of several servers, its nodes, so that each can continue those of another. One value belongs to one
// run of one node. Its methods may be called by many goroutines. What they answer beside the errors below means that the store
// could not be reached, and that what was asked for may have been done.
type Store interface {
	// Take makes this node the owner of a session that belongs to the user owner, and gives the session a new token. Whatever other
	// nodes save of it from then on fails with [ErrMoved]. known is the token that the client came with. The error is [ErrUnknown],
	// and nothing has changed, if the store has no such session, or one whose client cannot have that token: then what the
	// store has is not what the client knows.
	Take(ctx context.Context, name, owner string, known uint64) (Record, error)
	// Save performs each step as a whole or not at all, and returns an error for each: nil, [ErrMoved] if another node has taken
	// the session, so that the store has a larger token, or [ErrUnknown] if the store does not have it, or has a smaller token, and
	// the step is not a whole one. A step that comes after one of the same token with a larger number changes nothing: it was late,
	// and its node did not wait for it.
	Save(ctx context.Context, steps []Step) []error
	// Reach asks whether the store can be reached.
	Reach(ctx context.Context) error
	// Grace is how long a node waits for a store that cannot be reached before its sessions go on in memory.
	Grace() time.Duration
}

// Errors of a [Store].
var (
	// ErrMoved: another node has taken the session.
	ErrMoved = errors.New("resumeserver: the session goes on at another node")
	// ErrUnknown: the store does not have the session.
	ErrUnknown = errors.New("resumeserver: the store does not have the session")
)

// Message is a message of [Session.Write] as a [Store] keeps it.
type Message struct {
	Text bool
	Data []byte // not to be changed
}

// Record is what a [Store] keeps of a session.
type Record struct {
	// Moves is the fencing token: its upper 32 bits count how often the session was taken, this time included; the lower ones are
	// random, so that the tokens of a store that has lost its data do not come again.
	Moves       uint64
	Before      uint64   // the token before
	Chain       []uint64 // the tokens that the client may have, the oldest first, Moves the last; at most 16
	Subprotocol string
	Taken       uint64    // messages of the client that the handler has taken
	Acked       uint64    // messages of the handler that the client has taken
	Pending     []Message // of the handler, after those
}

// Step is one change of a session in a [Store].
type Step struct {
	Name     string
	Moves    uint64        // the token; 0 for a session that was never taken
	Known    uint64        // the oldest token that the client may have
	Number   uint64        // counts the node's steps of this session, from 1
	Lifetime time.Duration // after which the store may forget the session, if there is no other step
	End      bool          // the session is over: forget it

	Taken  uint64 // as in a [Record]
	Acked  uint64
	First  uint64 // number of the first of Append
	Append []Message

	// Whole creates the session, or replaces what is there of this or an earlier owner.
	Whole       bool
	Owner       string
	Subprotocol string
}

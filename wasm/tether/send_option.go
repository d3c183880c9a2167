package tether

import "time"

// SendOption changes what happens to one message between Send and the network. Without any, a message waits in the
// outbox as long as it takes, in the order of sending.
type SendOption func(*outgoing)

// Expires gives the message up if it could not be handed over within d: [Dropped] and the [Receipt] say [ErrExpired]
// then. d ≤ 0 means never.
func Expires(d time.Duration) SendOption { return func(p *outgoing) { p.ttl = d } }

// Urgent lets the message go before all that are not, and a little beyond the outbox's limit: for control traffic such as
// heartbeats, cancellations and a last word. It is not given up to make room.
func Urgent() SendOption { return func(p *outgoing) { p.urgent = true } }

// Replaces lets the message take the place of one with the same key that is still waiting, so that the outbox holds only
// the newest position of a cursor or state of a form. The old one's [Receipt] says [ErrReplaced]; [Stats] counts it. What
// replaces an [Urgent] message is urgent too, and an urgent message that replaces an ordinary one goes before all that are
// not. An empty key replaces nothing.
func Replaces(key string) SendOption { return func(p *outgoing) { p.key = key } }

// Volatile gives the message up if it cannot be handed to the connection that is open now: [Dropped] and the [Receipt]
// say [ErrNotConnected]. Send returns nil then: it does not wait for volatile messages.
func Volatile() SendOption { return func(p *outgoing) { p.volatile = true } }

// Track lets r follow the message. A Receipt follows one message: one that was used before makes Send panic.
func Track(r *Receipt) SendOption { return func(p *outgoing) { p.receipt = r } }

// apply is apart from its caller so that a message without options costs no allocation.
func apply(p outgoing, opts []SendOption) outgoing {
	for _, set := range opts {
		set(&p)
	}
	p.ttl = max(p.ttl, 0)
	if p.ttl > 0 {
		p.expires = time.Now().Add(p.ttl)
	}
	return p
}

package broker

import (
	"context"
	"errors"
	"time"
)

// Client is what other nodes may know of a client.
type Client struct {
	ID        string // drawn by its node; checked with chat.ValidID before it becomes part of a name
	User      string
	Connected time.Time
}

// Gap is a time in which messages from other nodes are missing.
type Gap struct {
	Since  time.Time // when it began, as far as this node knows
	Until  time.Time // when it ended; zero while it lasts
	Missed uint64    // messages for all clients that are known to be missing; 0: not known
}

// Sink is the node that a broker delivers to. Its methods must not block.
type Sink interface {
	// DeliverAll hands over a message that another node published, for every client of this node. The bytes are not
	// changed afterwards.
	DeliverAll(message []byte)
	// DeliverOne hands over a message for the client id of this node.
	DeliverOne(id string, message []byte)
	// Missing reports a gap: once when it begins, and once when it ends or its size is known.
	Missing(Gap)
}

// Outcome is what became of a message for one client.
type Outcome uint8

// The outcomes.
const (
	Sent        Outcome = iota // a node has taken it
	NotPresent                 // no node has that client
	Unreachable                // the broker cannot be reached, or its queue is full: it was not delivered
	Unknown                    // it may have been delivered, or the client may be connected: the broker was interrupted
)

// ErrUnavailable is returned by what needs the broker at once, while the broker cannot be reached.
var ErrUnavailable = errors.New("broker cannot be reached")

// Broker joins nodes. Its methods may be called by many goroutines.
type Broker interface {
	// Start joins the bus under the name node and delivers to sink until Close. It is called once, first.
	Start(node string, sink Sink) error
	// Join makes c present and reachable. It returns at once; private messages from other nodes reach c as soon as the bus
	// knows it.
	Join(c Client)
	// Leave undoes Join.
	Leave(id string)
	// Publish sends message to every other node. It never blocks; what it cannot send is announced as a gap by the nodes that
	// miss it.
	Publish(message []byte)
	// PublishKept is Publish, and appends message to the log of the last messages, of which [Broker.History] gives what a client
	// missed. It never blocks; what cannot be appended makes History say that messages may be missing.
	PublishKept(message []byte)
	// History returns what was logged after a position of an earlier answer, at most [MaxPast] messages at once. With the zero
	// Position it returns no message, but where the log ends now.
	History(ctx context.Context, after Position) (Past, error)
	// Announce publishes message, and keeps it until then for every node that joins or reconnects later: the sink gets it
	// there, perhaps more than once, and from its own node too. It never blocks. What cannot be stored now is stored later.
	Announce(message []byte, until time.Time)
	// Send sends message to the client id on another node and calls done once, from another goroutine or its own.
	Send(id string, message []byte, done func(Outcome))
	// Presence returns at most limit of the clients that are connected to any node, in no order, and how many there are.
	Presence(ctx context.Context, limit int) (some []Client, total int, err error)
	// PutTicket keeps value under key for ttl. TakeTicket returns it and forgets it, so that of any number of callers
	// on any node one gets it; the others get false.
	PutTicket(ctx context.Context, key, value string, ttl time.Duration) error
	TakeTicket(ctx context.Context, key string) (value string, ok bool, err error)
	// Lag is how long the last message took from another node to this one; 0 with one node.
	Lag() time.Duration
	// Close leaves the bus: this node's clients are present no more. It waits for what it started.
	Close() error
}

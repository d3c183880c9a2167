package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tetherscope/tetherscope/internal/app/broker"
)

// Names in Redis.
const (
	allChannel  = "websocket:events"  // channel
	nodeSet     = "websocket:nodes"   // sorted set
	noticeSet   = "websocket:notices" // sorted set
	ticketSpace = "ticket:"           // and a hash
)

// clientChannel is the channel of a client. id has passed chat.ValidID.
func clientChannel(id string) string { return "client:" + id + ":events" }

// defaultTimeout is that of [Options].
const defaultTimeout = time.Second

// Options tune a [Broker]. The zero Options has the defaults.
type Options struct {
	PresenceTTL time.Duration // how long a dead node's clients stay present; a node renews three times in it. Default 30 s
	Timeout     time.Duration // how long one answer of Redis may take before it counts as lost; default 1 s
	Log         *slog.Logger  // default [slog.Default]
}

// Broker is a [broker.Broker] on Redis.
type Broker struct {
	client  redis.UniversalClient
	cluster *redis.ClusterClient // the client, if it is of a Cluster
	target  target
	opt     Options
	node    string
	sink    broker.Sink

	epoch string // of this life of the node

	ctx     context.Context // of everything it has started
	stop    context.CancelFunc
	closing chan struct{}  // closed by Close: what waits is written, and nothing more
	writers sync.WaitGroup // the goroutines that end by closing
	work    sync.WaitGroup // those that end with ctx
	lag     atomic.Int64
	queue   chan outgoing

	mu      sync.Mutex
	number  uint64                   // of the last message for all clients
	members map[string]broker.Client // this node's clients
	changed map[string]bool          // ids that joined or left and are not written to Redis yet
	lives   lives                    // of other nodes
	run     string                   // the Redis process that sub is of
	settled string                   // the Redis process at which every client of this node is registered
	report  bool                     // another node asks for this one's progress
	notices []notice                 // that this node announced
	fresh   []notice                 // those of them that Redis does not have yet
	wake    chan struct{}
	sub     *subscription // the subscription, or nil while there is none
	closed  bool
	holes   uint64        // times that messages for the log got into no log
	filled  uint64        // of these, after how many the log has begun another epoch
	posted  uint64        // messages for the log that were queued
	written uint64        // of these, about how many Redis has answered, or failed to
	moved   chan struct{} // closed when written has grown; nil while none waits for that
}

var _ broker.Broker = (*Broker)(nil)

// New makes a broker from a URL; docs/example-app.md has its forms. It does not connect: Start does. Its errors never show the URL,
// which may hold a password.
func New(url string, opt Options) (*Broker, error) {
	t, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	if opt.Timeout <= 0 {
		opt.Timeout = defaultTimeout
	}
	if opt.PresenceTTL == 0 {
		opt.PresenceTTL = 30 * time.Second
	}
	if opt.PresenceTTL < 3*time.Millisecond {
		return nil, fmt.Errorf("redis: presence expires after %v: it has to be renewed three times in it", opt.PresenceTTL)
	}
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	quiet(opt.Log)
	b := &Broker{
		client: t.openForMessages(opt.Timeout), target: t, opt: opt, queue: make(chan outgoing, maxQueue),
		members: map[string]broker.Client{}, changed: map[string]bool{}, wake: make(chan struct{}, 1),
		epoch: strings.ToLower(rand.Text()), closing: make(chan struct{}), lives: lives{patience: opt.PresenceTTL},
	}
	b.cluster, _ = b.client.(*redis.ClusterClient)
	b.ctx, b.stop = context.WithCancel(context.Background())
	return b, nil
}

// Start connects. It fails, with an error that says what to do, when Redis does not answer or refuses the login: a server that
// should use Redis and cannot would look healthy and be isolated.
func (b *Broker) Start(node string, sink broker.Sink) error {
	if !validNode(node) {
		return fmt.Errorf("redis: node name %q: use 1 to 64 letters, digits, dots, hyphens and underscores", node)
	}
	b.node, b.sink = node, sink
	ctx, cancel := context.WithTimeout(b.ctx, 3*b.opt.Timeout)
	defer cancel()
	if err := b.client.Ping(ctx).Err(); err != nil {
		b.abandon()
		return fmt.Errorf("redis at %s: %w: start Redis there, correct the URL, or leave it out to run one node alone", b.target, err)
	}
	sub, err := b.subscribe()
	if err != nil {
		b.abandon()
		return fmt.Errorf("redis at %s: subscribe: %w", b.target, err)
	}
	b.catchUp()
	b.writers.Go(b.publishAll)
	b.writers.Go(b.renewAll)
	b.work.Go(func() { b.receiveAll(sub) })
	return nil
}

// abandon releases a broker that did not start.
func (b *Broker) abandon() {
	b.stop()
	_ = b.client.Close() // the error that matters is why it did not start
}

// Lag is how long the last message took from another node to this one, by their clocks.
func (b *Broker) Lag() time.Duration { return time.Duration(b.lag.Load()) }

// Close leaves the bus: it publishes what is queued, removes this node's clients from Redis, also those that left just before,
// and tells the other nodes the number of its last message, so that they know whether they have it. It waits for its
// goroutines, for the time of three answers at most.
func (b *Broker) Close() error {
	b.mu.Lock()
	again := b.closed
	b.closed = true
	clear(b.members)
	b.mu.Unlock()
	if again {
		return nil
	}
	late := time.AfterFunc(3*b.opt.Timeout, b.stop)
	defer late.Stop()
	close(b.closing)
	b.writers.Wait()
	b.stop()
	b.work.Wait()
	return b.client.Close()
}

// PutTicket keeps value under key for ttl.
func (b *Broker) PutTicket(ctx context.Context, key, value string, ttl time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, b.opt.Timeout)
	defer cancel()
	if err := b.client.Set(ctx, ticketSpace+key, value, ttl).Err(); err != nil {
		return errors.Join(broker.ErrUnavailable, err)
	}
	return nil
}

// TakeTicket returns the value to one caller of all nodes: Redis reads and deletes it in one step.
func (b *Broker) TakeTicket(ctx context.Context, key string) (string, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, b.opt.Timeout)
	defer cancel()
	value, err := b.client.GetDel(ctx, ticketSpace+key).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return "", false, nil
	case err != nil:
		return "", false, errors.Join(broker.ErrUnavailable, err)
	}
	return value, true, nil
}

package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/tetherscope/tetherscope/internal/app/broker"
)

// Names in Redis.
const (
	everybody   = "websocket:events"  // channel
	clientSet   = "websocket:clients" // sorted set
	noticeSet   = "websocket:notices" // sorted set
	ticketSpace = "ticket:"           // and a hash
)

// clientKey is the hash of a client, and clientChannel its channel. id has passed chat.ValidID.
func clientKey(id string) string     { return "client:" + id }
func clientChannel(id string) string { return "client:" + id + ":events" }

// patience is how long one answer of Redis may take.
const patience = time.Second

// Options tune a [Broker]. The zero Options has the defaults.
type Options struct {
	PresenceTTL time.Duration // how long a dead node's clients stay present; a node renews three times in it. Default 30 s
	Log         *slog.Logger  // default [slog.Default]
}

// Broker is a [broker.Broker] on Redis.
type Broker struct {
	client *redis.Client
	opt    Options
	node   string
	sink   broker.Sink

	ctx   context.Context // of everything it has started
	stop  context.CancelFunc
	work  sync.WaitGroup
	lag   atomic.Int64
	queue chan letter

	mu      sync.Mutex
	number  uint64                   // of the last message for everybody
	members map[string]broker.Client // this node's clients
	changed map[string]bool          // ids that joined or left since Redis was told
	notices []notice                 // that this node announced
	fresh   []notice                 // those of them that Redis was not told yet
	wake    chan struct{}
	sub     *redis.PubSub // the subscription, or nil while there is none
	closed  bool
}

var _ broker.Broker = (*Broker)(nil)

// New makes a broker from a URL, redis://user:password@host:port/db or rediss:// for TLS. It does not connect: Start
// does. Its errors never show the URL, which may hold a password.
func New(url string, opt Options) (*Broker, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("redis: the URL is not valid: write redis://user:password@host:port/db, or rediss:// for TLS")
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = patience, patience, patience, patience
	o.MaxRetries = -1 // a message that was retried could arrive twice
	o.Protocol = 2    // with 3 a subscription looks for push messages first, past its own timeout
	o.DialerRetries = 1
	o.ContextTimeoutEnabled = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
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
		client: redis.NewClient(o), opt: opt, queue: make(chan letter, maxQueue),
		members: map[string]broker.Client{}, changed: map[string]bool{}, wake: make(chan struct{}, 1),
	}
	b.ctx, b.stop = context.WithCancel(context.Background())
	return b, nil
}

// Start connects. It fails, with what to do, when Redis does not answer or does not let us in: a server that is told to
// use Redis and cannot would look healthy and be alone.
func (b *Broker) Start(node string, sink broker.Sink) error {
	if !validNode(node) {
		return fmt.Errorf("redis: node name %q: use 1 to 64 letters, digits, dots, hyphens and underscores", node)
	}
	b.node, b.sink = node, sink
	ctx, cancel := context.WithTimeout(b.ctx, 3*patience)
	defer cancel()
	if err := b.client.Ping(ctx).Err(); err != nil {
		b.abandon()
		return fmt.Errorf("redis at %s: %w: start Redis there, correct the URL, or leave it out to run one node alone", b.client.Options().Addr, err)
	}
	sub, err := b.subscribe()
	if err != nil {
		b.abandon()
		return fmt.Errorf("redis at %s: subscribe: %w", b.client.Options().Addr, err)
	}
	b.catchUp()
	b.work.Go(b.publishAll)
	b.work.Go(b.renewAll)
	b.work.Go(func() { b.receiveAll(sub) })
	return nil
}

// abandon lets go of a broker that did not start.
func (b *Broker) abandon() {
	b.stop()
	_ = b.client.Close() // the error that matters is why it did not start
}

// Lag is how long the last message took from another node to this one, by their clocks.
func (b *Broker) Lag() time.Duration { return time.Duration(b.lag.Load()) }

// Close leaves the bus and forgets this node's clients in Redis. It waits for what it started, some seconds at most.
func (b *Broker) Close() error {
	b.mu.Lock()
	again := b.closed
	b.closed = true
	for id := range b.members {
		delete(b.members, id)
		b.changed[id] = true
	}
	b.mu.Unlock()
	if again {
		return nil
	}
	b.stop()
	b.work.Wait()
	return b.client.Close()
}

// PutTicket keeps value under key for ttl.
func (b *Broker) PutTicket(ctx context.Context, key, value string, ttl time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := b.client.Set(ctx, ticketSpace+key, value, ttl).Err(); err != nil {
		return errors.Join(broker.ErrUnavailable, err)
	}
	return nil
}

// TakeTicket returns the value to one caller of all nodes: Redis reads and deletes it in one step.
func (b *Broker) TakeTicket(ctx context.Context, key string) (string, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
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

package redis

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tetherscope/tetherscope/internal/app/broker"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

// writeAgain is after what time changes that could not be written are tried again.
const writeAgain = 500 * time.Millisecond

// chunk is the number of clients in one round trip.
const chunk = 256

// Join makes c present and reachable, as soon as Redis answers.
func (b *Broker) Join(c broker.Client) {
	if !chat.ValidID(c.ID) {
		return
	}
	b.mu.Lock()
	if !b.closed {
		b.members[c.ID] = c
		b.changed[c.ID] = true
	}
	b.mu.Unlock()
	b.wakeRenewal()
}

// Leave undoes Join.
func (b *Broker) Leave(id string) {
	b.mu.Lock()
	if _, member := b.members[id]; member {
		delete(b.members, id)
		b.changed[id] = true
	}
	b.mu.Unlock()
	b.wakeRenewal()
}

func (b *Broker) wakeRenewal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// renewAll writes to Redis which clients joined and left, and renews all of them before they expire. What fails is tried again
// soon. It reports this node's progress with every renewal, and when another node asks.
func (b *Broker) renewAll() {
	tick := time.NewTicker(b.opt.PresenceTTL / 3)
	defer tick.Stop()
	for {
		all := false
		select {
		case <-b.wake:
		case <-tick.C:
			all = true
		case <-b.closing:
			b.farewell()
			return
		}
		b.keep()
		settled := b.register(all)
		if all || settled || b.asked() {
			b.reportProgress()
		}
	}
}

// register writes changes, or with all every client, and reports whether by that every client is registered at a Redis process
// where they were not before.
func (b *Broker) register(all bool) (settled bool) {
	c := b.changes(all)
	err := errors.Join(b.follow(c.sub, c.joined, c.left), b.writePresence(c.joined, c.left))
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.markAgain(c)
		time.AfterFunc(writeAgain, b.wakeRenewal)
		return false
	}
	settled = c.sub != nil && b.sub == c.sub && b.settled != b.run
	if settled {
		b.settled = b.run
	}
	return settled
}

// markAgain notes that changes were not written. The caller holds b.mu.
func (b *Broker) markAgain(c changes) {
	for _, j := range c.joined {
		b.changed[j.ID] = true
	}
	for _, id := range c.left {
		b.changed[id] = true
	}
}

// asked reports whether another node asks for this one's progress.
func (b *Broker) asked() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.report
}

// farewell removes this node's clients from Redis, and those whose leaving is not written yet. If that fails twice they expire.
func (b *Broker) farewell() {
	for range 2 {
		b.register(false)
		b.mu.Lock()
		done := len(b.changed) == 0
		b.mu.Unlock()
		if done {
			return
		}
	}
}

// changes are the clients that must be written to Redis, and the subscription to use.
type changes struct {
	joined []broker.Client
	left   []string
	sub    *redis.PubSub
}

// changes returns what must be written, and begins a new list.
func (b *Broker) changes(all bool) (c changes) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range b.changed {
		if m, here := b.members[id]; !here {
			c.left = append(c.left, id)
		} else if !all {
			c.joined = append(c.joined, m)
		}
	}
	if all {
		for _, m := range b.members {
			c.joined = append(c.joined, m)
		}
	}
	clear(b.changed)
	c.sub = b.sub
	return c
}

// follow subscribes to the channels of clients that joined. Subscribing twice is harmless. Without a subscription there is
// nothing to do: a new one begins with all clients.
func (b *Broker) follow(sub *redis.PubSub, joined []broker.Client, left []string) error {
	if sub == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(b.ctx, b.opt.Timeout)
	defer cancel()
	for some := range slices.Chunk(joined, chunk) {
		names := make([]string, len(some))
		for i, c := range some {
			names[i] = clientChannel(c.ID)
		}
		if err := sub.Subscribe(ctx, names...); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(left, chunk) {
		names := make([]string, len(some))
		for i, id := range some {
			names[i] = clientChannel(id)
		}
		if err := sub.Unsubscribe(ctx, names...); err != nil {
			return err
		}
	}
	return nil
}

// writePresence writes to Redis which clients are present.
func (b *Broker) writePresence(joined []broker.Client, left []string) error {
	var errs []error
	for some := range slices.Chunk(joined, chunk) {
		errs = append(errs, b.round(b.ctx, func(ctx context.Context, pipe redis.Pipeliner) {
			expires := float64(time.Now().Add(b.opt.PresenceTTL).UnixMilli())
			for _, c := range some {
				pipe.HSet(ctx, clientKey(c.ID), "connected", "true", "server", b.node, "connectedAt", c.Connected.UnixMilli(), "user", c.User)
				pipe.PExpire(ctx, clientKey(c.ID), b.opt.PresenceTTL)
				pipe.ZAdd(ctx, clientSet, redis.Z{Score: expires, Member: c.ID})
			}
			pipe.ZRemRangeByScore(ctx, clientSet, "-inf", score(time.Now().Add(-b.opt.PresenceTTL)))
		}))
	}
	for some := range slices.Chunk(left, chunk) {
		errs = append(errs, b.round(b.ctx, func(ctx context.Context, pipe redis.Pipeliner) {
			for _, id := range some {
				pipe.Del(ctx, clientKey(id))
				pipe.ZRem(ctx, clientSet, id)
			}
		}))
	}
	return errors.Join(errs...)
}

// round makes one round trip.
func (b *Broker) round(ctx context.Context, fill func(context.Context, redis.Pipeliner)) error {
	ctx, cancel := context.WithTimeout(ctx, b.opt.Timeout)
	defer cancel()
	pipe := b.client.Pipeline()
	fill(ctx, pipe)
	_, err := pipe.Exec(ctx)
	if err != nil {
		b.opt.Log.Debug("broker: not written", "error", err.Error())
	}
	return err
}

// Presence returns clients of all nodes. Ids whose hash has expired are not counted.
func (b *Broker) Presence(ctx context.Context, limit int) (some []broker.Client, total int, err error) {
	ctx, cancel := context.WithTimeout(ctx, b.opt.Timeout)
	defer cancel()
	now := score(time.Now())
	pipe := b.client.Pipeline()
	count := pipe.ZCount(ctx, clientSet, now, "+inf")
	ids := pipe.ZRangeByScore(ctx, clientSet, &redis.ZRangeBy{Min: now, Max: "+inf", Count: int64(limit)})
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, 0, errors.Join(broker.ErrUnavailable, err)
	}
	pipe = b.client.Pipeline()
	users := make([]*redis.StringCmd, len(ids.Val()))
	for i, id := range ids.Val() {
		users[i] = pipe.HGet(ctx, clientKey(id), "user")
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return nil, 0, errors.Join(broker.ErrUnavailable, err)
	}
	total = int(count.Val())
	for i, id := range ids.Val() {
		if user, err := users[i].Result(); err == nil {
			some = append(some, broker.Client{ID: id, User: user})
		} else {
			total--
		}
	}
	return some, total, nil
}

// score is a time as a score of the sorted sets.
func score(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

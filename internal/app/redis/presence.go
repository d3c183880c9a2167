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

// chunk is how many clients one round trip is about.
const chunk = 256

// Join makes c present and reachable, as soon as Redis can be told.
func (b *Broker) Join(c broker.Client) {
	if !chat.ValidID(c.ID) {
		return
	}
	b.mu.Lock()
	b.members[c.ID] = c
	b.changed[c.ID] = true
	b.mu.Unlock()
	b.nudge()
}

// Leave undoes Join.
func (b *Broker) Leave(id string) {
	b.mu.Lock()
	if _, member := b.members[id]; member {
		delete(b.members, id)
		b.changed[id] = true
	}
	b.mu.Unlock()
	b.nudge()
}

func (b *Broker) nudge() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// renewAll tells Redis who joined and left, and renews everybody before their time is over. What Redis could not be
// told is made good by the next renewal, or by its expiry.
func (b *Broker) renewAll() {
	tick := time.NewTicker(b.opt.PresenceTTL / 3)
	defer tick.Stop()
	for {
		all := false
		select {
		case <-b.wake:
		case <-tick.C:
			all = true
			b.beacon()
		case <-b.ctx.Done():
			b.farewell()
			return
		}
		b.keep()
		joined, left, sub := b.changes(all)
		b.follow(sub, joined, left)
		b.tell(b.ctx, joined, left)
	}
}

// farewell tells Redis that this node's clients are gone.
func (b *Broker) farewell() {
	_, left, _ := b.changes(false)
	b.tell(context.Background(), nil, left)
}

// changes returns who is to be told to Redis, and begins a new list of changes.
func (b *Broker) changes(all bool) (joined []broker.Client, left []string, sub *redis.PubSub) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range b.changed {
		if c, here := b.members[id]; !here {
			left = append(left, id)
		} else if !all {
			joined = append(joined, c)
		}
	}
	if all {
		for _, c := range b.members {
			joined = append(joined, c)
		}
	}
	clear(b.changed)
	return joined, left, b.sub
}

// follow listens to the channels of those who joined. Subscribing twice is no harm. A failure shows in the subscription
// itself, and a new one begins with everybody.
func (b *Broker) follow(sub *redis.PubSub, joined []broker.Client, left []string) {
	if sub == nil {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for some := range slices.Chunk(joined, chunk) {
		names := make([]string, len(some))
		for i, c := range some {
			names[i] = clientChannel(c.ID)
		}
		if sub.Subscribe(ctx, names...) != nil {
			return
		}
	}
	for some := range slices.Chunk(left, chunk) {
		names := make([]string, len(some))
		for i, id := range some {
			names[i] = clientChannel(id)
		}
		if sub.Unsubscribe(ctx, names...) != nil {
			return
		}
	}
}

// tell writes presence.
func (b *Broker) tell(ctx context.Context, joined []broker.Client, left []string) {
	for some := range slices.Chunk(joined, chunk) {
		_ = b.round(ctx, func(ctx context.Context, pipe redis.Pipeliner) {
			expires := float64(time.Now().Add(b.opt.PresenceTTL).UnixMilli())
			for _, c := range some {
				pipe.HSet(ctx, clientKey(c.ID), "connected", "true", "server", b.node, "connectedAt", c.Connected.UnixMilli(), "user", c.User)
				pipe.PExpire(ctx, clientKey(c.ID), b.opt.PresenceTTL)
				pipe.ZAdd(ctx, clientSet, redis.Z{Score: expires, Member: c.ID})
			}
			pipe.ZRemRangeByScore(ctx, clientSet, "-inf", score(time.Now().Add(-b.opt.PresenceTTL)))
		})
	}
	for some := range slices.Chunk(left, chunk) {
		_ = b.round(ctx, func(ctx context.Context, pipe redis.Pipeliner) {
			for _, id := range some {
				pipe.Del(ctx, clientKey(id))
				pipe.ZRem(ctx, clientSet, id)
			}
		})
	}
}

// round makes one round trip. Whoever cannot try again may leave its failure alone: see renewAll.
func (b *Broker) round(ctx context.Context, fill func(context.Context, redis.Pipeliner)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	pipe := b.client.Pipeline()
	fill(ctx, pipe)
	_, err := pipe.Exec(ctx)
	if err != nil {
		b.opt.Log.Debug("broker: not told", "error", err.Error())
	}
	return err
}

// Presence returns clients of all nodes. Ids whose hash has expired are not counted.
func (b *Broker) Presence(ctx context.Context, limit int) (some []broker.Client, total int, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
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

// score is the time as the sorted set has it.
func score(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

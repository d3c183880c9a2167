package redis

import (
	"context"
	"errors"
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

// renewAll writes to Redis which clients joined and left, and renews this node before it expires. What fails is tried again
// soon. It reports this node's progress with every renewal, and when another node asks.
func (b *Broker) renewAll() {
	tick := time.NewTicker(b.opt.PresenceTTL / 3)
	defer tick.Stop()
	for {
		beat := false
		select {
		case <-b.wake:
		case <-tick.C:
			beat = true
			b.renew()
		case <-b.closing:
			b.farewell()
			return
		}
		b.keep()
		settled := b.register()
		if beat || settled || b.asked() {
			b.reportProgress()
		}
	}
}

// register writes changes, and reports whether by that every client is registered at a Redis process where they were not before.
func (b *Broker) register() (settled bool) {
	c := b.changes()
	err := errors.Join(b.follow(c.sub, c.joined, c.left), b.writePresence(c.joined, c.left))
	if err == nil && c.whole {
		err = b.sweep()
	}
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

// farewell removes this node and its clients from Redis. If that fails twice they expire.
func (b *Broker) farewell() {
	for range 2 {
		if b.writeAbsence() == nil {
			return
		}
	}
}

// changes are the clients that must be written to Redis, and the subscription to use.
type changes struct {
	joined []broker.Client
	left   []string
	sub    *subscription
	whole  bool // no client was registered over this subscription yet: these are all of them
}

// changes returns what must be written, and begins a new list.
func (b *Broker) changes() (c changes) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range b.changed {
		if m, here := b.members[id]; here {
			c.joined = append(c.joined, m)
		} else {
			c.left = append(c.left, id)
		}
	}
	clear(b.changed)
	c.sub, c.whole = b.sub, b.settled == ""
	return c
}

// follow subscribes to the channels of clients that joined. Subscribing twice is harmless. Without a subscription there is
// nothing to do: a new one begins with all clients.
func (b *Broker) follow(sub *subscription, joined []broker.Client, left []string) error {
	if sub == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(b.ctx, b.opt.Timeout)
	defer cancel()
	ids := make([]string, len(joined))
	for i, c := range joined {
		ids[i] = c.ID
	}
	err := channelsOf(ids, func(channels []string) error { return sub.subscribe(ctx, channels) })
	if err != nil {
		return err
	}
	return channelsOf(left, func(channels []string) error { return sub.unsubscribe(ctx, channels) })
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

// score is a time as a score of the sorted sets.
func score(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

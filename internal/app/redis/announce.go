package redis

import (
	"context"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

// maxNotices bounds the notices that a node keeps of its own, and those that it reads of all nodes.
const maxNotices = 100_000

// notice is a message that is kept for nodes that are not connected now.
type notice struct {
	message string
	until   time.Time
}

// Announce publishes message and stores it in Redis until then. This node keeps it as well: Redis may be unreachable now, or
// lose it in a restart.
func (b *Broker) Announce(message []byte, until time.Time) {
	b.Publish(message)
	n := notice{string(message), until}
	b.mu.Lock()
	if len(b.notices) >= maxNotices {
		b.notices = current(b.notices, time.Now())
	}
	if len(b.notices) < maxNotices {
		b.notices = append(b.notices, n)
		b.fresh = append(b.fresh, n)
	}
	b.mu.Unlock()
	b.wakeRenewal()
}

// current returns the notices that have not expired at now.
func current(list []notice, now time.Time) []notice {
	kept := list[:0]
	for _, n := range list {
		if now.Before(n.until) {
			kept = append(kept, n)
		}
	}
	return kept
}

// keep stores the notices in Redis that it does not have yet. What fails is tried again the next time.
func (b *Broker) keep() {
	b.mu.Lock()
	list := b.fresh
	b.fresh = nil
	b.mu.Unlock()
	for len(list) > 0 {
		some := list[:min(len(list), chunk)]
		err := b.round(b.ctx, func(ctx context.Context, pipe redis.Pipeliner) {
			for _, n := range some {
				pipe.ZAdd(ctx, noticeSet, redis.Z{Score: float64(n.until.UnixMilli()), Member: n.message})
			}
			pipe.ZRemRangeByScore(ctx, noticeSet, "-inf", score(time.Now()))
		})
		if err != nil {
			b.mu.Lock()
			b.fresh = append(list, b.fresh...)
			b.mu.Unlock()
			return
		}
		list = list[len(some):]
	}
}

// catchUp stores all notices of this node in Redis again, and delivers those of all nodes to this one: what was announced
// while it was disconnected, or before it started.
func (b *Broker) catchUp() {
	b.mu.Lock()
	b.notices = current(b.notices, time.Now())
	b.fresh = slices.Clone(b.notices)
	b.mu.Unlock()
	b.keep()
	ctx, cancel := context.WithTimeout(b.ctx, b.opt.Timeout)
	defer cancel()
	kept, err := b.client.ZRangeArgs(ctx, redis.ZRangeArgs{Key: noticeSet, ByScore: true, Start: score(time.Now()), Stop: "+inf", Count: maxNotices}).Result()
	if err != nil {
		b.opt.Log.Warn("broker: what other nodes announced is not known", "error", err.Error())
		return
	}
	for _, message := range kept {
		b.sink.DeliverAll([]byte(message))
	}
}

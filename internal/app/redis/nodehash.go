package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tetherscope/tetherscope/internal/app/broker"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

// Presence is one hash for each node, and the sorted set of nodes. So what a node has to renew does not grow with its clients, and
// those that join or leave at the same time are one command.

// nodeHash is the hash of a node's clients, in one of its lives.
func nodeHash(epoch string) string { return "websocket:clients:" + epoch }

// renewed appends to a pipeline what keeps this node and its clients present.
func (b *Broker) renewed(ctx context.Context, pipe redis.Pipeliner) (found *redis.BoolCmd) {
	now := time.Now()
	found = pipe.PExpire(ctx, nodeHash(b.epoch), b.opt.PresenceTTL)
	pipe.ZAdd(ctx, nodeSet, redis.Z{Score: float64(now.Add(b.opt.PresenceTTL).UnixMilli()), Member: b.epoch})
	pipe.ZRemRangeByScore(ctx, nodeSet, "-inf", score(now.Add(-b.opt.PresenceTTL)))
	return found
}

// renew keeps this node and its clients present. When Redis does not have them any more, because this process was stopped for too
// long or Redis has lost them, all are written again.
func (b *Broker) renew() {
	var found *redis.BoolCmd
	err := b.round(b.ctx, func(ctx context.Context, pipe redis.Pipeliner) { found = b.renewed(ctx, pipe) })
	if err != nil || found.Val() {
		return // without Redis the next renewal finds out
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range b.members {
		b.changed[id] = true
	}
}

// writePresence writes to Redis which clients joined and left.
func (b *Broker) writePresence(joined []broker.Client, left []string) error {
	var errs []error
	for some := range slices.Chunk(joined, chunk) {
		errs = append(errs, b.round(b.ctx, func(ctx context.Context, pipe redis.Pipeliner) {
			fields := make([]string, 0, 2*len(some))
			for _, c := range some {
				fields = append(fields, c.ID, b.present(c))
			}
			pipe.HSet(ctx, nodeHash(b.epoch), fields)
			b.renewed(ctx, pipe)
		}))
	}
	for some := range slices.Chunk(left, chunk) {
		errs = append(errs, b.round(b.ctx, func(ctx context.Context, pipe redis.Pipeliner) { pipe.HDel(ctx, nodeHash(b.epoch), some...) }))
	}
	return errors.Join(errs...)
}

// present is the value of a client in its node's hash: node, milliseconds since 1970 at which it connected, and user.
func (b *Broker) present(c broker.Client) string {
	return fmt.Sprintf("%s %d %s", b.node, c.Connected.UnixMilli(), c.User)
}

// parsePresent is the inverse of present. Other programs may write to Redis too: what no node wrote is left out.
func parsePresent(id, value string) (c broker.Client, ok bool) {
	f := strings.SplitN(value, " ", 3)
	if len(f) != 3 || !chat.ValidID(id) {
		return c, false
	}
	ms, err := strconv.ParseInt(f[1], 10, 64)
	return broker.Client{ID: id, User: f[2], Connected: time.UnixMilli(ms)}, err == nil
}

// sweep removes clients from this node's hash that it does not have: a Redis that was restored may have them again.
func (b *Broker) sweep() error {
	ctx, cancel := context.WithTimeout(b.ctx, b.opt.Timeout)
	defer cancel()
	ids, err := b.client.HKeys(ctx, nodeHash(b.epoch)).Result()
	if err != nil {
		return err
	}
	b.mu.Lock()
	ids = slices.DeleteFunc(ids, func(id string) bool { _, here := b.members[id]; return here })
	b.mu.Unlock()
	return b.writePresence(nil, ids)
}

// writeAbsence removes this node and all of its clients from Redis.
func (b *Broker) writeAbsence() error {
	return b.round(b.ctx, func(ctx context.Context, pipe redis.Pipeliner) {
		pipe.Unlink(ctx, nodeHash(b.epoch))
		pipe.ZRem(ctx, nodeSet, b.epoch)
	})
}

// nodes returns the epochs of the nodes that have not expired.
func (b *Broker) nodes(ctx context.Context) ([]string, error) {
	return b.client.ZRangeArgs(ctx, redis.ZRangeArgs{Key: nodeSet, ByScore: true, Start: score(time.Now()), Stop: "+inf", Count: maxLives}).Result()
}

// Presence returns clients of all nodes.
func (b *Broker) Presence(ctx context.Context, limit int) (some []broker.Client, total int, err error) {
	ctx, cancel := context.WithTimeout(ctx, b.opt.Timeout)
	defer cancel()
	epochs, err := b.nodes(ctx)
	if err != nil {
		return nil, 0, errors.Join(broker.ErrUnavailable, err)
	}
	sizes := make([]*redis.IntCmd, len(epochs))
	pipe := b.client.Pipeline()
	for i, epoch := range epochs {
		sizes[i] = pipe.HLen(ctx, nodeHash(epoch))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, 0, errors.Join(broker.ErrUnavailable, err)
	}
	for i, epoch := range epochs {
		total += int(sizes[i].Val())
		if sizes[i].Val() == 0 || len(some) >= limit {
			continue
		}
		of, err := b.clientsOf(ctx, epoch, limit-len(some))
		if err != nil {
			return nil, 0, errors.Join(broker.ErrUnavailable, err)
		}
		some = append(some, of...)
	}
	return some, total, nil
}

// clientsOf returns at most limit clients of a node.
func (b *Broker) clientsOf(ctx context.Context, epoch string, limit int) (some []broker.Client, err error) {
	seen := map[string]bool{} // a scan may return a field twice
	for cursor := uint64(0); ; {
		var pairs []string
		if pairs, cursor, err = b.client.HScan(ctx, nodeHash(epoch), cursor, "", int64(limit)).Result(); err != nil {
			return nil, err
		}
		for p := range slices.Chunk(pairs, 2) {
			if c, ok := parsePresent(p[0], p[1]); ok && !seen[c.ID] && len(some) < limit {
				seen[c.ID] = true
				some = append(some, c)
			}
		}
		if cursor == 0 || len(some) >= limit {
			return some, nil
		}
	}
}

// presentAmong returns which of the ids are clients of some node.
func (b *Broker) presentAmong(ctx context.Context, ids []string) (map[string]bool, error) {
	epochs, err := b.nodes(ctx)
	if err != nil || len(ids) == 0 || len(epochs) == 0 {
		return nil, err
	}
	answers := make([]*redis.SliceCmd, len(epochs))
	pipe := b.client.Pipeline()
	for i, epoch := range epochs {
		answers[i] = pipe.HMGet(ctx, nodeHash(epoch), ids...)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, err
	}
	present := map[string]bool{}
	for _, a := range answers {
		for i, value := range a.Val() {
			if value != nil {
				present[ids[i]] = true
			}
		}
	}
	return present, nil
}

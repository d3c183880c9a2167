package redis

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tetherscope/tetherscope/internal/app/broker"
)

// maxRetry bounds the wait between two attempts to subscribe again.
const maxRetry = 2 * time.Second

// subscribe opens a subscription to the channel of all clients, waits until Redis confirms it, and marks every client of this
// node to be subscribed after it.
func (b *Broker) subscribe() (*redis.PubSub, error) {
	ctx, cancel := context.WithTimeout(b.ctx, b.opt.Timeout)
	defer cancel()
	sub := b.client.Subscribe(ctx)
	err := sub.Subscribe(ctx, allChannel)
	if err == nil {
		_, err = sub.ReceiveTimeout(ctx, b.opt.Timeout)
	}
	run := ""
	if err == nil {
		run, err = b.redisRun(ctx)
	}
	if err != nil {
		sub.Close()
		return nil, err
	}
	b.mu.Lock()
	b.sub, b.run, b.settled = sub, run, ""
	b.lives.renew(time.Now())
	b.post(stateHello, nil, false)
	for id := range b.members {
		b.changed[id] = true
	}
	b.mu.Unlock()
	b.wakeRenewal()
	return sub, nil
}

// redisRun returns the id that the Redis process drew when it started: another one has no subscriptions yet, and perhaps no data.
func (b *Broker) redisRun(ctx context.Context) (string, error) {
	info, err := b.client.Info(ctx, "server").Result()
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(info) {
		if id, ok := strings.CutPrefix(line, "run_id:"); ok && validNode(strings.TrimSpace(id)) {
			return strings.TrimSpace(id), nil
		}
	}
	return "", errors.New("redis: INFO server has no run_id")
}

// receiveAll delivers what other nodes send, until the broker closes. A subscription that is lost begins a gap; a new
// one ends it.
func (b *Broker) receiveAll(sub *redis.PubSub) {
	for {
		lost := context.AfterFunc(b.ctx, func() { sub.Close() }) // a read that waits ends with the broker
		lastReceived, err := b.receive(sub)
		lost()
		b.mu.Lock()
		b.sub = nil
		b.mu.Unlock()
		sub.Close()
		if b.ctx.Err() != nil {
			return
		}
		gap := broker.Gap{Since: lastReceived}
		b.opt.Log.Warn("broker lost", "error", err.Error())
		b.sink.Missing(gap)
		if sub = b.resubscribe(); sub == nil {
			return
		}
		gap.Until = time.Now()
		b.catchUp()
		b.opt.Log.Info("broker is back", "seconds", gap.Until.Sub(gap.Since).Seconds())
		b.sink.Missing(gap)
	}
}

// resubscribe tries until it has a subscription; nil means that the broker closes.
func (b *Broker) resubscribe() *redis.PubSub {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, maxRetry) {
		t := time.NewTimer(rand.N(wait) + 1) // drawn from the whole of it, so that nodes do not come back together
		select {
		case <-t.C:
		case <-b.ctx.Done():
			t.Stop()
			return nil
		}
		if sub, err := b.subscribe(); err == nil {
			return sub
		}
	}
}

// receive delivers until sub fails, and returns the time of its last answer. When Redis has been silent for the time of an
// answer, it is pinged. The silence is counted in waits, not by the clock: this process may have been stopped itself.
func (b *Broker) receive(sub *redis.PubSub) (lastReceived time.Time, err error) {
	lastReceived = time.Now()
	asked, silence := false, time.Duration(0)
	for {
		b.noticeSilence(time.Now())
		wait := b.glance()
		m, err := sub.ReceiveTimeout(b.ctx, wait)
		var timeout net.Error
		switch silence += wait; {
		case err == nil:
			lastReceived, asked, silence = time.Now(), false, 0
			b.deliver(m, lastReceived)
		case !errors.As(err, &timeout) || !timeout.Timeout() || b.ctx.Err() != nil:
			return lastReceived, err
		case silence < b.opt.Timeout:
		case asked:
			return lastReceived, fmt.Errorf("no answer within %v", b.opt.Timeout)
		default:
			asked, silence = true, 0
			if err := b.ping(sub); err != nil {
				return lastReceived, err
			}
		}
	}
}

func (b *Broker) ping(sub *redis.PubSub) error {
	ctx, cancel := context.WithTimeout(b.ctx, b.opt.Timeout)
	defer cancel()
	return sub.Ping(ctx)
}

// glance is how long the receiver may wait for a message before it looks for silent nodes.
func (b *Broker) glance() time.Duration { return min(b.opt.Timeout, b.opt.PresenceTTL/6) }

// noticeSilence announces a gap for nodes that died: what they delivered to their own clients last may never have left them.
func (b *Broker) noticeSilence(now time.Time) {
	b.mu.Lock()
	if now.Sub(b.lives.checked) < b.glance() {
		b.mu.Unlock()
		return
	}
	since, found := b.lives.silent(now)
	b.mu.Unlock()
	if found {
		b.sink.Missing(broker.Gap{Since: since, Until: now})
	}
}

// deliver hands what sub received to the node.
func (b *Broker) deliver(received any, now time.Time) {
	m, ok := received.(*redis.Message)
	if !ok {
		return // a confirmation or a pong
	}
	p, err := parseNodeMessage([]byte(m.Payload))
	if err != nil {
		b.opt.Log.Warn("broker: message dropped", "error", err.Error())
		return
	}
	if p.epoch == b.epoch {
		return // our own: delivered here already
	}
	b.lag.Store(int64(now.Sub(time.UnixMilli(p.sent))))
	if m.Channel != allChannel {
		b.sink.DeliverOne(strings.TrimSuffix(strings.TrimPrefix(m.Channel, "client:"), ":events"), p.message)
		return
	}
	b.mu.Lock()
	v := b.lives.judge(p, now)
	if p.state == stateHello {
		b.report = true
		b.wakeRenewal()
	}
	b.mu.Unlock()
	b.announce(v, now)
	if v.fresh {
		b.sink.DeliverAll(p.message)
	}
}

// announce reports what a judgement found missing: what is certain with its number, and what is possible without.
func (b *Broker) announce(v judgement, now time.Time) {
	if v.doubt {
		b.sink.Missing(broker.Gap{Since: v.lastOf, Until: now})
	}
	if v.missing > 0 {
		b.sink.Missing(broker.Gap{Since: v.since, Until: now, Missed: v.missing})
	}
}

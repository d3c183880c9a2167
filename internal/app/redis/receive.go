package redis

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tetherscope/tetherscope/internal/app/broker"
)

// maxRetry bounds the wait between two attempts to subscribe again.
const maxRetry = 2 * time.Second

// subscribe opens a subscription to the channel of all clients, waits until Redis confirms it, and marks every client of this
// node to be subscribed after it.
func (b *Broker) subscribe() (*subscription, error) {
	ctx, cancel := context.WithTimeout(b.ctx, b.opt.Timeout)
	defer cancel()
	sub := newSubscription(b)
	err := sub.begin(ctx, allChannel)
	run := ""
	if err == nil {
		run, err = b.redisRun(ctx)
	}
	if err != nil {
		sub.close()
		if b.cluster != nil {
			b.cluster.ReloadState(b.ctx) // its primaries may be others now
		}
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

// receiveAll delivers what other nodes send, until the broker closes. A subscription that is lost begins a gap; a new
// one ends it.
func (b *Broker) receiveAll(sub *subscription) {
	for {
		err := b.receive(sub)
		b.mu.Lock()
		b.sub = nil
		b.mu.Unlock()
		gap := broker.Gap{Since: sub.arrived()}
		sub.close()
		if b.ctx.Err() != nil {
			return
		}
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
func (b *Broker) resubscribe() *subscription {
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

// receive delivers until sub is lost.
func (b *Broker) receive(sub *subscription) error {
	look := time.NewTicker(b.glance())
	defer look.Stop()
	for {
		b.noticeSilence(time.Now())
		select {
		case m := <-sub.got:
			b.deliver(m, time.Now())
		case err := <-sub.lost:
			return err
		case <-look.C:
		case <-b.ctx.Done():
			return b.ctx.Err()
		}
	}
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

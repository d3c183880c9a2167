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

// subscribe opens a subscription to what is for everybody, waits until Redis confirms it, and has every client of this
// node subscribed after it.
func (b *Broker) subscribe() (*redis.PubSub, error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	sub := b.client.Subscribe(ctx)
	err := sub.Subscribe(ctx, everybody)
	if err == nil {
		_, err = sub.ReceiveTimeout(ctx, patience)
	}
	if err != nil {
		sub.Close()
		return nil, err
	}
	b.mu.Lock()
	b.sub = sub
	for id := range b.members {
		b.changed[id] = true
	}
	b.mu.Unlock()
	b.nudge()
	return sub, nil
}

// receiveAll delivers what other nodes send, until the broker closes. A subscription that is lost begins a gap; a new
// one ends it.
func (b *Broker) receiveAll(sub *redis.PubSub) {
	var from numbers
	for {
		lost := context.AfterFunc(b.ctx, func() { sub.Close() }) // a read that waits ends with the broker
		heard, err := b.receive(sub, &from)
		lost()
		b.mu.Lock()
		b.sub = nil
		b.mu.Unlock()
		sub.Close()
		if b.ctx.Err() != nil {
			return
		}
		gap := broker.Gap{Since: heard}
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

// receive delivers until sub fails, and returns when it was last heard. Redis that is silent for the time of an answer
// is asked whether it is there.
func (b *Broker) receive(sub *redis.PubSub, from *numbers) (heard time.Time, err error) {
	heard = time.Now()
	asked := false
	for {
		m, err := sub.ReceiveTimeout(b.ctx, patience)
		var timeout net.Error
		switch {
		case err == nil:
			heard, asked = time.Now(), false
			b.deliver(m, from, heard)
		case !errors.As(err, &timeout) || !timeout.Timeout() || b.ctx.Err() != nil:
			return heard, err
		case asked:
			return heard, fmt.Errorf("no answer within %v", patience)
		default:
			asked = true
			if err := b.ask(sub); err != nil {
				return heard, err
			}
		}
	}
}

func (b *Broker) ask(sub *redis.PubSub) error {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return sub.Ping(ctx)
}

// deliver hands what sub received to the node.
func (b *Broker) deliver(received any, from *numbers, now time.Time) {
	m, ok := received.(*redis.Message)
	if !ok {
		return // a confirmation or a pong
	}
	p, err := parseParcel([]byte(m.Payload))
	if err != nil {
		b.opt.Log.Warn("broker: message dropped", "error", err.Error())
		return
	}
	if p.node == b.node {
		return // our own: delivered here already
	}
	b.lag.Store(int64(now.Sub(time.UnixMilli(p.sent))))
	if m.Channel != everybody {
		b.sink.DeliverOne(strings.TrimSuffix(strings.TrimPrefix(m.Channel, "client:"), ":events"), p.message)
		return
	}
	fresh, missing, since := from.judge(p, now)
	if missing > 0 {
		b.sink.Missing(broker.Gap{Since: since, Until: now, Missed: missing})
	}
	if fresh {
		b.sink.DeliverAll(p.message)
	}
}

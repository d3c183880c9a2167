package redis

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tetherscope/tetherscope/internal/app/broker"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

const (
	maxQueue = 4096 // messages that wait for Redis; more are lost, and announced by those who miss them
	maxBatch = 128  // messages in one round trip
)

// letter is a message on its way to Redis.
type letter struct {
	channel string
	payload []byte
	done    func(broker.Outcome) // nil: nobody waits
}

// Publish queues message for every other node. A message that finds the queue full still has its number, so every
// other node notices that it is missing.
func (b *Broker) Publish(message []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.number++
	b.post(message)
}

// beacon tells the other nodes how far this one has come.
func (b *Broker) beacon() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.post(nil)
}

// post queues a parcel for everybody with the current number. b.mu is held, so that numbers leave in order.
func (b *Broker) post(message []byte) {
	p := parcel{node: b.node, number: b.number, sent: time.Now().UnixMilli(), message: message}
	select {
	case b.queue <- letter{channel: everybody, payload: p.bytes()}:
	default:
	}
}

// Send queues message for one client. Redis says how many nodes listen for it: none means that it is not connected.
func (b *Broker) Send(id string, message []byte, done func(broker.Outcome)) {
	if !chat.ValidID(id) {
		done(broker.NotPresent)
		return
	}
	p := parcel{node: b.node, sent: time.Now().UnixMilli(), message: message}
	select {
	case b.queue <- letter{clientChannel(id), p.bytes(), done}:
	default:
		done(broker.Unreachable)
	}
}

// publishAll sends what is queued until the broker closes, in order, many in one round trip when they come quickly.
func (b *Broker) publishAll() {
	batch := make([]letter, 0, maxBatch)
	for {
		select {
		case l := <-b.queue:
			batch = append(batch[:0], l)
		case <-b.ctx.Done():
			return
		}
	more:
		for len(batch) < maxBatch {
			select {
			case l := <-b.queue:
				batch = append(batch, l)
			default:
				break more
			}
		}
		b.publish(batch)
	}
}

// publish sends a batch and tells those who wait what became of theirs.
func (b *Broker) publish(batch []letter) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	answers := make([]*redis.IntCmd, len(batch))
	pipe := b.client.Pipeline()
	for i, l := range batch {
		answers[i] = pipe.Publish(ctx, l.channel, l.payload)
	}
	_, err := pipe.Exec(ctx)
	if err != nil {
		b.opt.Log.Warn("broker: not published", "messages", len(batch), "error", err.Error())
	}
	for i, l := range batch {
		if l.done == nil {
			continue
		}
		switch n, err := answers[i].Result(); {
		case err != nil:
			l.done(broker.Unreachable)
		case n == 0:
			l.done(broker.NotPresent)
		default:
			l.done(broker.Sent)
		}
	}
}

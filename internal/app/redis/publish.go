package redis

import (
	"context"
	"errors"
	"net"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tetherscope/tetherscope/internal/app/broker"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

const (
	maxQueue = 4096 // messages that wait for Redis; more are lost, and announced by the nodes that miss them
	maxBatch = 128  // messages in one round trip
)

// outgoing is a message on its way to Redis.
type outgoing struct {
	channel string
	payload []byte
	done    func(broker.Outcome) // nil if no caller waits
	logged  int                  // bytes at the end of payload that are appended to the log; 0: none
}

// Publish queues message for every other node. A message that finds the queue full still has its number, so every
// other node notices that it is missing.
func (b *Broker) Publish(message []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.number++
	b.post(stateNone, message, false)
}

// PublishKept implements [broker.Broker].
func (b *Broker) PublishKept(message []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.number++
	b.post(stateNone, message, true)
}

// reportProgress publishes the number of the last message, so that other nodes notice when they missed it, and where this
// node's clients are registered.
func (b *Broker) reportProgress() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.report = false
	state := stateNone
	if b.settled != "" {
		state = b.settled
	}
	b.post(state, nil, false)
}

// post queues a message for all clients with the current number. The caller holds b.mu, so that numbers leave in order.
// kept: the message belongs into the log.
func (b *Broker) post(state string, message []byte, kept bool) {
	l := outgoing{channel: allChannel, payload: b.envelope(b.number, state, message)}
	if kept {
		l.logged = len(message)
	}
	select {
	case b.queue <- l:
		if l.logged > 0 {
			b.posted++
		}
	default:
		if kept {
			b.holes++
		}
	}
}

// envelope is a message of this node as it travels.
func (b *Broker) envelope(number uint64, state string, message []byte) []byte {
	return nodeMessage{node: b.node, epoch: b.epoch, number: number, sent: time.Now().UnixMilli(), state: state, message: message}.bytes()
}

// Send queues message for one client. Redis returns how many nodes have subscribed to it: see doubts for what none means.
func (b *Broker) Send(id string, message []byte, done func(broker.Outcome)) {
	if !chat.ValidID(id) {
		done(broker.NotPresent)
		return
	}
	if !b.enqueue(outgoing{channel: clientChannel(id), payload: b.envelope(0, stateNone, message), done: done}) {
		done(broker.Unreachable)
	}
}

// enqueue reports false when the queue is full or the broker closes: what is queued before that is still reported on.
func (b *Broker) enqueue(l outgoing) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	select {
	case b.queue <- l:
		return true
	default:
		return false
	}
}

// publishAll sends what is queued, in order, many in one round trip when they come quickly. When the broker closes it sends
// what is left, and a goodbye.
func (b *Broker) publishAll() {
	d := doubts{byChannel: map[string]*doubt{}}
	batch := make([]outgoing, 0, maxBatch)
	for {
		select {
		case l := <-b.queue:
			b.publishWaiting(append(batch[:0], l), &d)
		case <-d.due():
			b.askAgain(&d, time.Now())
		case <-b.closing:
			b.publishLast(batch, &d)
			return
		}
	}
}

// publishWaiting sends batch, and what else waits now.
func (b *Broker) publishWaiting(batch []outgoing, d *doubts) {
	for len(batch) < maxBatch {
		select {
		case l := <-b.queue:
			batch = append(batch, l)
			continue
		default:
		}
		break
	}
	b.publish(d.pass(batch), d)
}

// publishLast sends what is queued and the goodbye. What is still in doubt stays unknown.
func (b *Broker) publishLast(batch []outgoing, d *doubts) {
	for len(b.queue) > 0 && b.ctx.Err() == nil {
		b.publishWaiting(batch[:0], d)
	}
	b.mu.Lock()
	number := b.number
	b.mu.Unlock()
	b.publish([]outgoing{{channel: allChannel, payload: b.envelope(number, stateBye, nil)}}, d)
	d.giveUp()
	for {
		select {
		case l := <-b.queue:
			l.finish(broker.Unreachable)
		default:
			return
		}
	}
}

// finish reports the outcome to the caller, if one waits.
func (l outgoing) finish(o broker.Outcome) {
	if l.done != nil {
		l.done(o)
	}
}

// publish sends a batch and reports the outcome of each message. One for a client that no node has is put in doubt.
func (b *Broker) publish(batch []outgoing, d *doubts) {
	if len(batch) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, b.opt.Timeout)
	defer cancel()
	answers, err := b.exchange(ctx, batch)
	if err != nil {
		b.opt.Log.Warn("broker: not published", "messages", len(batch), "error", err.Error())
	}
	for i, l := range batch {
		switch a := answers[i]; {
		case a.err != nil:
			l.finish(outcomeOf(a.err))
		case a.nodes == 0 && l.done != nil:
			d.add(l, time.Now())
		default:
			l.finish(broker.Sent)
		}
	}
}

// answer is what Redis says of one message: how many nodes have subscribed to its channel.
type answer struct {
	nodes int64
	err   error
}

// exchange publishes a batch in one round trip, with the log's script if there is something to log or the log does not know of a hole yet.
// In a Cluster the script takes what is for all clients only, which has one slot; the rest goes to the primaries of its channels.
func (b *Broker) exchange(ctx context.Context, batch []outgoing) ([]answer, error) {
	holes, holed := b.logHoles()
	if !holed && !slices.ContainsFunc(batch, func(l outgoing) bool { return l.logged > 0 }) {
		return b.publishPlain(ctx, batch)
	}
	if b.cluster == nil {
		return b.publishLogging(ctx, batch, holes, holed)
	}
	var all, private []outgoing
	for _, l := range batch {
		if l.channel == allChannel {
			all = append(all, l)
		} else {
			private = append(private, l)
		}
	}
	ofAll, err := b.publishLogging(ctx, all, holes, holed)
	ofPrivate, err2 := b.publishPlain(ctx, private)
	answers := make([]answer, 0, len(batch))
	for _, l := range batch {
		of := &ofPrivate
		if l.channel == allChannel {
			of = &ofAll
		}
		answers = append(answers, (*of)[0])
		*of = (*of)[1:]
	}
	return answers, errors.Join(err, err2)
}

// publishPlain publishes a batch without the log. What a Cluster redirects is published again: it was not published.
func (b *Broker) publishPlain(ctx context.Context, batch []outgoing) ([]answer, error) {
	answers := make([]answer, len(batch))
	left := make([]int, len(batch)) // indexes of what is to be published
	for i := range left {
		left[i] = i
	}
	err := b.redirected(ctx, func() (first error) {
		results := make([]*redis.IntCmd, len(left))
		pipe := b.client.Pipeline()
		for i, at := range left {
			if b.cluster != nil {
				results[i] = pipe.SPublish(ctx, batch[at].channel, batch[at].payload)
			} else {
				results[i] = pipe.Publish(ctx, batch[at].channel, batch[at].payload)
			}
		}
		_, first = pipe.Exec(ctx)
		again := left[:0]
		for i, at := range left {
			answers[at].nodes, answers[at].err = results[i].Result()
			if isRedirect(answers[at].err) {
				again = append(again, at)
				first = answers[at].err
			}
		}
		left = again
		return first
	})
	return answers, err
}

// How often what a Cluster redirects is tried, and the time between, in which the client learns where its slots are.
const (
	redirects     = 3
	redirectPause = 30 * time.Millisecond
)

// isRedirect reports whether a Cluster did not do what it was asked for, because the slot is elsewhere.
func isRedirect(err error) bool {
	return redis.HasErrorPrefix(err, "MOVED") || redis.HasErrorPrefix(err, "ASK") || redis.HasErrorPrefix(err, "TRYAGAIN")
}

// redirected calls do again while a Cluster redirects it. go-redis could do that, but would also try again what was perhaps done.
func (b *Broker) redirected(ctx context.Context, do func() error) (err error) {
	for range redirects {
		if err = do(); b.cluster == nil || !isRedirect(err) {
			return err
		}
		b.cluster.ReloadState(ctx)
		select {
		case <-time.After(redirectPause):
		case <-ctx.Done():
			return err
		}
	}
	return err
}

// outcomeOf says what an error means for a message: without a connection it did not leave; an answer that did not come leaves
// open whether Redis has it.
func outcomeOf(err error) broker.Outcome {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" || errors.Is(err, redis.ErrPoolTimeout) {
		return broker.Unreachable
	}
	return broker.Unknown
}

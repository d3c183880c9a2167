package redis

import (
	"context"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/app/broker"
)

const (
	maxDoubts   = 4096                   // private messages that wait in doubt; more are reported as unknown at once
	askInterval = 100 * time.Millisecond // between two attempts
	askSurely   = 500 * time.Millisecond // after which a client that still has no node is not connected, if every node has registered its clients
	askAtMost   = 3 * time.Second        // after which it is unknown whether the client is connected
)

// doubts are private messages for clients to which no node had subscribed. That does not mean that they are not connected:
// they may have connected a moment ago, or Redis has restarted and their node has not subscribed again. Messages of one
// channel wait in order. They belong to the publishing goroutine.
type doubts struct {
	byChannel map[string]*doubt
	waiting   int // messages
	timer     *time.Timer
}

// doubt is one channel's.
type doubt struct {
	list  []outgoing
	since time.Time
}

// due returns a channel that delivers when it is time to ask again; nil while nothing is in doubt.
func (d *doubts) due() <-chan time.Time {
	if len(d.byChannel) == 0 {
		return nil
	}
	if d.timer == nil {
		d.timer = time.NewTimer(askInterval)
	}
	return d.timer.C
}

// add puts l in doubt, after those of its channel that are.
func (d *doubts) add(l outgoing, now time.Time) {
	if d.waiting >= maxDoubts {
		l.finish(broker.Unknown)
		return
	}
	of := d.byChannel[l.channel]
	if of == nil {
		of = &doubt{since: now}
		d.byChannel[l.channel] = of
	}
	of.list = append(of.list, l)
	d.waiting++
}

// pass returns those of a batch that do not have to wait for one of the same channel.
func (d *doubts) pass(batch []outgoing) []outgoing {
	if len(d.byChannel) == 0 {
		return batch
	}
	free := batch[:0]
	for _, l := range batch {
		if of := d.byChannel[l.channel]; of != nil {
			d.add(l, of.since)
		} else {
			free = append(free, l)
		}
	}
	return free
}

// take returns the messages of a channel and leaves it without doubt.
func (d *doubts) take(channel string) []outgoing {
	list := d.byChannel[channel].list
	delete(d.byChannel, channel)
	d.waiting -= len(list)
	return list
}

// giveUp reports everything in doubt as unknown.
func (d *doubts) giveUp() {
	for channel := range d.byChannel {
		for _, l := range d.take(channel) {
			l.finish(broker.Unknown)
		}
	}
}

// askAgain sends the first message of each channel once more. When a node takes it the others follow; when none does the
// client is not connected, if that is certain, and unknown after a while if it is not.
func (b *Broker) askAgain(d *doubts, now time.Time) {
	d.timer = nil
	again := doubts{byChannel: map[string]*doubt{}} // of this attempt
	known := map[string]broker.Outcome{}
	var heads []outgoing
	for channel, of := range d.byChannel {
		head := of.list[0]
		done := head.done
		head.done = func(o broker.Outcome) { known[channel] = o; done(o) }
		heads = append(heads, head)
	}
	b.publish(heads, &again)
	absent := b.absent(d.since(again.byChannel, now.Add(-askSurely)))
	for channel, of := range again.byChannel {
		switch waited := now.Sub(d.byChannel[channel].since); {
		case absent[channel]:
			of.list[0].finish(broker.NotPresent)
		case waited >= askAtMost:
			of.list[0].finish(broker.Unknown)
		}
	}
	for channel, outcome := range known {
		rest := d.take(channel)[1:]
		if outcome == broker.Sent {
			b.publish(rest, d)
			continue
		}
		for _, l := range rest {
			l.finish(outcome)
		}
	}
}

// since returns those of the channels that have been in doubt since then or longer.
func (d *doubts) since(channels map[string]*doubt, then time.Time) (list []string) {
	for channel := range channels {
		if !d.byChannel[channel].since.After(then) {
			list = append(list, channel)
		}
	}
	return list
}

// absent returns the channels, of those without a subscriber, whose clients are certainly not connected: every living node has
// subscribed for all of its clients at the Redis process that answers now, and none has the client present. A node whose
// subscription alone was cut has it present, as one that died has for a while.
func (b *Broker) absent(channels []string) map[string]bool {
	b.mu.Lock()
	run := b.run
	ready := b.sub != nil && b.settled == run && b.lives.registeredAt(run)
	b.mu.Unlock()
	if !ready || len(channels) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(b.ctx, b.opt.Timeout)
	defer cancel()
	ids := make([]string, len(channels))
	for i, channel := range channels {
		ids[i] = strings.TrimSuffix(strings.TrimPrefix(channel, "client:"), ":events")
	}
	present, err := b.presentAmong(ctx, ids)
	now, err2 := b.redisRun(ctx)
	if err != nil || err2 != nil || now != run {
		return nil
	}
	absent := map[string]bool{}
	for i, id := range ids {
		absent[channels[i]] = !present[id]
	}
	return absent
}

package redis

import "time"

// maxLives bounds the lives that are remembered.
const maxLives = 1024

// life is what is known of one run of another node's process.
type life struct {
	node   string
	number uint64    // of its last message for all clients
	at     time.Time // when it was last received from
	run    string    // the Redis process at which all of its clients are registered, as far as it has reported
	ended  bool      // it said goodbye
	absent bool      // it is taken for dead: it has been silent for too long, or its node has begun another life
}

// alive reports whether messages of the life are expected.
func (l life) alive() bool { return !l.ended && !l.absent }

// lives keeps what is known of every other node, by epoch. Its methods know no clock.
type lives struct {
	byEpoch    map[string]life
	subscribed time.Time     // since when every message for all clients arrives here
	patience   time.Duration // in which a living node reports its progress several times
	checked    time.Time     // when silent was last called
	awake      time.Time     // since when this process has run without a pause that would explain silence
}

// judgement is what follows from a message for all clients.
type judgement struct {
	fresh   bool      // the message is to be delivered
	missing uint64    // messages of this life that are known to be missing before it
	since   time.Time // when the last one before them arrived
	doubt   bool      // the node's life before this one ended without a goodbye: messages of it may be missing, since lastOf
	lastOf  time.Time
}

// judge decides about p, which arrived at now.
func (n *lives) judge(p nodeMessage, now time.Time) (v judgement) {
	if p.number == 0 && !p.progress() {
		return judgement{} // invalid: messages count from 1
	}
	l, known := n.byEpoch[p.epoch]
	if !known {
		l = n.begin(p, now)
		v.lastOf, v.doubt = n.supersede(p.node)
	}
	expected := l.number
	if !p.progress() {
		expected++
	}
	if p.number > expected {
		v.missing, v.since = p.number-expected, l.at
	}
	v.fresh = !p.progress() && p.number > l.number
	l.number, l.at, l.absent = max(p.number, l.number), now, false
	switch p.state {
	case stateNone:
	case stateHello:
		l.run = ""
	case stateBye:
		l.ended = true
	default:
		l.run = p.state
	}
	n.byEpoch[p.epoch] = l
	return v
}

// begin returns a life that was not known. If this node has been subscribed for longer than a living node is silent, the life
// has begun since, and everything from its first message on should have arrived. Otherwise this message defines where its
// numbers begin: who is connected here has been for no longer.
func (n *lives) begin(p nodeMessage, now time.Time) life {
	n.forget()
	l := life{node: p.node, number: p.number, at: now}
	switch {
	case now.Sub(n.subscribed) > n.patience:
		l.number, l.at = 0, now.Add(-n.patience)
	case !p.progress():
		l.number--
	}
	return l
}

// supersede takes the living lives of a node for dead, because it has begun another, and returns when the last of them was
// received from. Should one of them go on, its numbers do too, and nothing of it is lost or doubled.
func (n *lives) supersede(node string) (last time.Time, found bool) {
	for epoch, l := range n.byEpoch {
		if l.node != node || !l.alive() {
			continue
		}
		l.absent = true
		n.byEpoch[epoch] = l
		if !found || l.at.Before(last) {
			last, found = l.at, true
		}
	}
	return last, found
}

// silent takes those for dead that have been silent for too long, and returns since when messages of them may be missing. It
// is to be called several times in the time that a node may be silent: if it was not, this process was stopped, and the
// silence of others counts from here.
func (n *lives) silent(now time.Time) (since time.Time, found bool) {
	if now.Sub(n.checked) > n.patience/2 {
		n.awake = now
	}
	n.checked = now
	for epoch, l := range n.byEpoch {
		if !l.alive() || now.Sub(latest(l.at, n.subscribed, n.awake)) <= n.patience {
			continue
		}
		l.absent = true
		n.byEpoch[epoch] = l
		if !found || l.at.Before(since) {
			since, found = l.at, true
		}
	}
	return since, found
}

func latest(t time.Time, others ...time.Time) time.Time {
	for _, o := range others {
		if o.After(t) {
			t = o
		}
	}
	return t
}

// renew begins a subscription at now: before it nothing could arrive.
func (n *lives) renew(now time.Time) { n.subscribed, n.checked = now, now }

// registeredAt reports whether every living node has registered its clients at the Redis process run.
func (n *lives) registeredAt(run string) bool {
	for _, l := range n.byEpoch {
		if l.alive() && l.run != run {
			return false
		}
	}
	return true
}

// forget makes room for one life by removing the one that has been silent for longest, of those that ended if there are any.
func (n *lives) forget() {
	if n.byEpoch == nil {
		n.byEpoch = map[string]life{}
	}
	if len(n.byEpoch) < maxLives {
		return
	}
	first := ""
	for epoch, l := range n.byEpoch {
		o := n.byEpoch[first]
		if first == "" || o.alive() && !l.alive() || o.alive() == l.alive() && l.at.Before(o.at) {
			first = epoch
		}
	}
	delete(n.byEpoch, first)
}

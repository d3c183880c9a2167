package sim

import "time"

// redisServer is the one Redis of all nodes.
type redisServer struct {
	up   bool
	free time.Duration // when it has done what it has
	sum  Use
	step Use // in this step
}

// ask lets Redis do u, and returns when the answer is at the node.
func (w *world) ask(u Use) time.Duration {
	r := &w.redis
	r.sum, r.step = r.sum.plus(u, 1), r.step.plus(u, 1)
	r.free = max(r.free, w.now+w.RTT/2) + u.CPU
	return r.free + w.RTT/2
}

// write lets a node begin the next round trip about its clients, if there is something to say and none is under way. What gathers
// until the answer is the next one.
func (w *world) write(i int32) {
	n := &w.nodes[i]
	if n.writing || !w.redis.up || n.joined == 0 {
		return
	}
	joined := min(n.joined, batch)
	n.joined -= joined
	n.writing = true
	w.push(event{at: w.ask(w.Costs.Batch.plus(w.Costs.Client, float64(joined))), kind: registered, who: i, gen: n.gen})
}

// beat renews a node.
func (w *world) beat(i int32) {
	if w.nodes[i].open > 0 && w.redis.up {
		w.ask(w.Costs.Beat)
	}
	w.push(event{at: w.now + w.Beat, kind: beat, who: i})
}

// talk is what chat costs in 100 ms: Redis, and each node for each of its clients.
func (w *world) talk() {
	messages := w.Messages * step.Seconds()
	if messages == 0 {
		return
	}
	if w.redis.up {
		w.ask(Use{}.plus(w.Costs.Message, messages).plus(w.Costs.Receive, messages*float64(len(w.nodes)-1)))
	}
	for i := range w.nodes {
		n := &w.nodes[i]
		n.free = max(n.free, w.now) + time.Duration(messages*float64(n.open)*float64(w.Costs.Delivery)/w.Cores)
	}
}

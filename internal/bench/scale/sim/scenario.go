package sim

import (
	"slices"
	"time"

	"github.com/tetherscope/tetherscope/wasm/retryhint"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// Rolling restarts one node after another: each asks its clients to go, is away for down, and takes clients again before the next.
func Rolling(c Config, down time.Duration) Result {
	w := start(c)
	var restart func(i int32)
	restart = func(i int32) {
		if int(i) == c.Nodes {
			w.finish()
			return
		}
		w.drain(i)
		w.after(down, func() {
			w.nodes[i].up = true
			restart(i + 1)
		})
	}
	restart(0)
	return w.run()
}

// Zone ends all nodes of one zone at once and for good. Their clients see their connections end.
func Zone(c Config) Result {
	w := start(c)
	w.kill(func(i int) bool { return i*c.Zones/c.Nodes == 0 })
	w.finish()
	return w.run()
}

// Failover takes Redis away, and brings back one that has lost what it knew.
func Failover(c Config, away time.Duration) Result {
	w := start(c)
	w.redis.up = false
	w.after(away, func() {
		w.redis.up = true
		w.redis.free = w.now
		w.finish()
		for i := range w.nodes {
			w.nodes[i].joined = w.nodes[i].open // before any of them asks: the scenario is not over without
			w.nodes[i].writing = true
			w.after(w.part(lookAgain), func() { w.found(int32(i)) })
		}
	})
	return w.run()
}

// lookAgain is how long a node waits at most between two attempts to reach Redis.
const lookAgain = 2 * time.Second

// found lets a node that has Redis again register all of its clients.
func (w *world) found(i int32) {
	n := &w.nodes[i]
	n.gen++
	n.joined, n.writing = n.open, false
	w.ask(w.Costs.Return)
	w.write(i)
}

// Storm ends all connections at once, and refuses new ones for a while.
func Storm(c Config, away time.Duration) Result {
	w := start(c)
	w.kill(func(int) bool { return true })
	w.closed = true
	w.after(away, func() {
		w.closed = false
		for i := range w.nodes {
			w.nodes[i].up = true
		}
		w.finish()
	})
	return w.run()
}

// kill ends nodes without a word.
func (w *world) kill(which func(int) bool) {
	for i := range w.nodes {
		if which(i) {
			w.nodes[i] = node{gen: w.nodes[i].gen + 1}
		}
	}
	w.leave(which, func() tether.CloseInfo { return tether.CloseInfo{Code: tether.CodeAbnormalClosure} })
}

// drain lets a node send its clients away, each at a time of its own, and end. Redis learns that they have left.
func (w *world) drain(i int32) {
	n := &w.nodes[i]
	open := float64(n.open)
	w.ask(w.Costs.Leaving.plus(w.Costs.Leaving, float64(n.open/batch)).plus(w.Costs.Leave, open))
	*n = node{gen: n.gen + 1, free: w.now}
	spread := retryhint.SpreadFrom(w.DrainSpread, w.Seed)
	w.leave(func(of int) bool { return of == int(i) }, func() tether.CloseInfo {
		return tether.CloseInfo{Code: tether.CodeServiceRestart, Reason: spread.Next(), Clean: true}
	})
}

// leave ends the connections of nodes. Attempts that are under way there go to others: the front asks the next node.
func (w *world) leave(which func(int) bool, how func() tether.CloseInfo) {
	for i := range w.clients {
		c := &w.clients[i]
		switch {
		case c.node == nowhere || !which(int(c.node)):
		case c.open:
			w.lose(int32(i), how())
		default:
			c.node = nowhere
			c.gen++
			w.push(event{at: w.now, kind: attempt, who: int32(i), gen: c.gen})
		}
	}
}

// quantiles sums up how long clients were away.
func (w *world) quantiles() {
	if len(w.lengths) == 0 {
		return
	}
	slices.Sort(w.lengths)
	at := func(part float64) time.Duration { return w.lengths[int(part*float64(len(w.lengths)-1))] }
	w.Away = Quantiles{at(0.5), at(0.99), at(1)}
}

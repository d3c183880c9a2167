package sim

import (
	"math/rand/v2"
	"time"

	"github.com/tetherscope/tetherscope/wasm/tether"
)

// step is the time in which what happens is counted together.
const step = 100 * time.Millisecond

// batch is the number of clients that a node registers in one round trip, as internal/app/redis does.
const batch = 256

// nowhere is the node of a client that has none.
const nowhere = -1

// client is one of them.
type client struct {
	node     int32 // that it is connected to, or tries
	open     bool
	failures int           // in a row
	gen      uint32        // of its attempt
	opened   time.Duration // or, without a connection, when it was lost
}

// node is one of them.
type node struct {
	up      bool // it takes clients
	gen     uint32
	clients int           // connected and on their way
	open    int           // connected
	free    time.Duration // when its processor has done what it has
	joined  int           // clients that Redis does not know yet
	writing bool          // a round trip to Redis is under way
	serving int           // handshakes in this step
}

// world is the state of a simulation.
type world struct {
	Config
	queue
	random  *rand.Rand
	now     time.Duration
	clients []client
	nodes   []node
	away    int // clients without a connection that try
	redis   redisServer
	closed  bool          // no node takes clients
	todo    []func()      // of the scenario
	ended   time.Duration // when the fault was over
	whole   time.Duration // when the last client was connected
	over    bool          // the scenario has nothing left
	Result
	starts  int // attempts in this step
	lengths []time.Duration
}

// start returns a world in which every client has been connected for long.
func start(c Config) *world {
	w := &world{Config: c, random: rand.New(rand.NewPCG(c.Seed, 1)), clients: make([]client, c.Clients), nodes: make([]node, c.Nodes)}
	for i := range w.nodes {
		w.nodes[i].up = true
		w.push(event{at: w.part(c.Beat), kind: beat, who: int32(i)})
	}
	for i := range w.clients {
		n := &w.nodes[i%c.Nodes]
		n.clients++
		n.open++
		w.clients[i] = client{node: int32(i % c.Nodes), open: true, opened: -time.Hour}
	}
	w.MostOnNode = (c.Clients + c.Nodes - 1) / c.Nodes
	w.redis.up = true
	w.push(event{at: step, kind: tick})
	return w
}

// part draws a part of d.
func (w *world) part(d time.Duration) time.Duration {
	return time.Duration(w.random.Float64() * float64(d))
}

// after lets the scenario go on.
func (w *world) after(d time.Duration, do func()) {
	w.todo = append(w.todo, do)
	w.push(event{at: w.now + d, kind: script, who: int32(len(w.todo) - 1)})
}

// finish says that the fault is over.
func (w *world) finish() { w.ended, w.over = w.now, true }

// limit bounds a simulation: what is not over by then does not end.
const limit = 24 * time.Hour

// run lets things happen until every client is connected and known to Redis, and the scenario is over.
func (w *world) run() Result {
	for w.now < limit && (!w.over || w.away > 0 || !w.settled()) {
		e := w.pop()
		w.now = e.at
		w.happen(e)
	}
	w.closeStep()
	w.Back, w.Registered = max(w.whole-w.ended, 0), max(w.now-w.ended, 0)
	w.Redis = w.redis.sum
	w.quantiles()
	return w.Result
}

func (w *world) settled() bool {
	for i := range w.nodes {
		if n := &w.nodes[i]; n.joined > 0 || n.writing {
			return false
		}
	}
	return w.redis.up
}

func (w *world) happen(e event) {
	switch e.kind {
	case attempt:
		if w.clients[e.who].gen == e.gen {
			w.try(e.who)
		}
	case connected:
		if w.clients[e.who].gen == e.gen {
			w.connect(e.who)
		}
	case expired:
		if w.clients[e.who].gen == e.gen {
			w.nodes[w.clients[e.who].node].clients--
			w.fail(e.who)
		}
	case registered:
		if w.nodes[e.who].gen == e.gen {
			w.nodes[e.who].writing = false
			w.write(e.who)
		}
	case beat:
		w.beat(e.who)
	case tick:
		w.closeStep()
		w.talk()
		w.push(event{at: w.now + step, kind: tick})
	case script:
		w.todo[e.who]()
	}
}

// try lets a client connect to the node with the fewest connections.
func (w *world) try(i int32) {
	c := &w.clients[i]
	c.gen++
	w.Attempts++
	w.starts++
	if c.node = w.choose(); c.node == nowhere {
		w.fail(i)
		return
	}
	n := &w.nodes[c.node]
	n.clients++
	n.serving++
	n.free = max(n.free, w.now) + time.Duration(float64(w.Costs.Handshake)/w.Cores)
	wait := n.free - w.now
	w.Queue = max(w.Queue, wait)
	if wait > w.ConnectTimeout {
		w.push(event{at: w.now + w.ConnectTimeout, kind: expired, who: i, gen: c.gen})
		return
	}
	w.push(event{at: n.free, kind: connected, who: i, gen: c.gen})
}

func (w *world) choose() int32 {
	best := int32(nowhere)
	if w.closed {
		return best
	}
	for i := range w.nodes {
		if n := &w.nodes[i]; n.up && n.clients < w.NodeClients && (best == nowhere || n.clients < w.nodes[best].clients) {
			best = int32(i)
		}
	}
	return best
}

func (w *world) connect(i int32) {
	c := &w.clients[i]
	n := &w.nodes[c.node]
	c.open = true
	n.open++
	n.joined++
	w.MostOnNode = max(w.MostOnNode, n.open)
	w.away--
	w.lengths = append(w.lengths, w.now-c.opened)
	c.opened = w.now
	w.whole = w.now
	w.write(c.node)
}

// fail lets an attempt end without a connection.
func (w *world) fail(i int32) {
	w.Failed++
	w.retry(i, tether.CloseInfo{Code: tether.CodeAbnormalClosure})
}

// lose lets a connection end.
func (w *world) lose(i int32, info tether.CloseInfo) {
	c := &w.clients[i]
	w.Lost++
	w.away++
	if w.now-c.opened >= w.Backoff.MinUptime {
		c.failures = 0
	}
	c.open, c.opened = false, w.now
	info.Opened = true
	w.retry(i, info)
}

// retry plans what follows, as a client does.
func (w *world) retry(i int32, info tether.CloseInfo) {
	c := &w.clients[i]
	c.gen++
	c.failures++
	c.node = nowhere
	d := tether.DefaultDecide(info)
	if d.Stop {
		w.Stopped++
		w.away--
		return
	}
	w.push(event{at: w.now + w.Backoff.Delay(c.failures, d, w.random.Float64()), kind: attempt, who: i, gen: c.gen})
}

// closeStep counts what happened in the last 100 ms.
func (w *world) closeStep() {
	w.Busiest = max(w.Busiest, w.starts)
	w.starts = 0
	for i := range w.nodes {
		w.OneNode = max(w.OneNode, w.nodes[i].serving)
		w.nodes[i].serving = 0
	}
	p, s := w.RedisPeak, w.redis.step
	w.RedisPeak = Use{max(p.Commands, s.Commands), max(p.In, s.In), max(p.Out, s.Out), max(p.CPU, s.CPU)}
	w.redis.step = Use{}
}

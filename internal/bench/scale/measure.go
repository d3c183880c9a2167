package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/tetherscope/tetherscope/internal/app/cluster"
	"github.com/tetherscope/tetherscope/internal/bench/proc"
	"github.com/tetherscope/tetherscope/internal/bench/scale/sim"
)

// nodes is the size of the real cluster.
const nodes = 3

// leastOnNode is how many clients each of its nodes has at least, so that what they cost stands out.
const leastOnNode = 50

// batch is how many clients a node registers in one round trip.
const batch = 256

// site is the real cluster and its clients.
type site struct {
	*cluster.Cluster
	*fleet
	dir  string
	size int
}

// onCluster measures what things cost, takes that for the simulation, and compares.
func onCluster(ctx context.Context, o *options, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "tetherscope-scale-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o711); err != nil { // nginx' workers run as another user and pass through
		return err
	}
	c, err := cluster.Run(ctx, cluster.Config{Dir: dir, Nodes: nodes, Node: command})
	if err != nil {
		return err
	}
	defer func() { _ = c.Stop() }()
	s := &site{c, newFleet(c.URL), dir, o.size}
	if o.large.Costs, err = s.measure(ctx); err != nil {
		return err
	}
	report(out, o.size, o.large.Costs)
	if o.only == "measure" {
		return nil
	}
	return s.compare(ctx, *o, out)
}

// reading is what the cluster has used.
type reading struct {
	at    time.Time
	pid   int // of Redis
	redis cluster.Usage
	cpu   time.Duration // of the nodes
	rss   int64
}

func (s *site) read(ctx context.Context) (r reading, err error) {
	r.at, r.pid = time.Now(), s.Redis.PID()
	for _, n := range s.Nodes {
		r.cpu += proc.CPU(n.PID())
		r.rss += proc.Resident(n.PID())
	}
	r.redis, err = s.Redis.Usage(ctx)
	return r, err
}

// since returns what Redis has done since before: everything, if it has been started since.
func (r reading) since(before reading) cluster.Usage {
	if r.pid != before.pid {
		return r.redis
	}
	return r.redis.Since(before.redis)
}

// spent is what passed between two readings.
type spent struct {
	took time.Duration
	redis
	cpu time.Duration
	rss int64
}

// redis is a Use with another name.
type redis = sim.Use

// during returns what is spent while do runs, and until it has settled, beyond what the cluster spends at rest in that time.
func (s *site) during(ctx context.Context, idle spent, do func() error) (d spent, err error) {
	before, err := s.read(ctx)
	if err != nil {
		return d, err
	}
	if err := do(); err != nil {
		return d, err
	}
	if err := rest(ctx, time.Second); err != nil { // what is under way arrives
		return d, err
	}
	after, err := s.read(ctx)
	if err != nil {
		return d, err
	}
	u := after.since(before)
	d = spent{after.at.Sub(before.at), sim.Use{Commands: float64(u.Work()), In: float64(u.In), Out: float64(u.Out), CPU: u.CPU}, after.cpu - before.cpu, after.rss - before.rss}
	if idle.took > 0 {
		part := float64(d.took) / float64(idle.took)
		commands := d.Commands - float64(beats(u))*sim.Measured.Beat.Commands
		d.redis = plus(d.redis, idle.redis, -part)
		d.Commands = commands
		d.cpu -= time.Duration(part * float64(idle.cpu))
	}
	return d, nil
}

// beats returns how many beats there were: each has a ZADD, as each batch of clients has, with one HSET; so has the script of the log.
func beats(u cluster.Usage) int64 {
	return u.Commands["zadd"] - u.Commands["hset"] + u.Commands["evalsha"]
}

// plus returns u and n times v.
func plus(u, v sim.Use, n float64) sim.Use {
	return sim.Use{Commands: u.Commands + n*v.Commands, In: u.In + n*v.In, Out: u.Out + n*v.Out, CPU: u.CPU + time.Duration(n*float64(v.CPU))}
}

// each returns u for one of n, and not less than nothing.
func each(u sim.Use, n float64) sim.Use {
	return sim.Use{Commands: max(u.Commands/n, 0), In: max(u.In/n, 0), Out: max(u.Out/n, 0), CPU: time.Duration(max(float64(u.CPU)/n, 0))}
}

// Times of the measurement.
const (
	idleTime = 20 * time.Second      // two beats of each node
	pace     = 10 * time.Millisecond // between two clients
	talking  = 300                   // messages
	pause    = 20 * time.Millisecond // between them
	cycles   = 20                    // times that nodes lose their subscription
)

// measure returns what everything costs.
func (s *site) measure(ctx context.Context) (c sim.Costs, err error) {
	if err := s.grow(ctx, nodes*leastOnNode, pace); err != nil { // what is made on first use
		return c, err
	}
	if err := s.shrink(ctx, pace); err != nil {
		return c, err
	}
	idle, err := s.during(ctx, spent{}, func() error { return rest(ctx, idleTime) })
	if err != nil {
		return c, err
	}
	c.Beat = each(idle.redis, nodes*2)
	empty, err := s.during(ctx, idle, func() error { return s.cutOff(ctx) })
	if err != nil {
		return c, err
	}
	c.Return = each(empty.redis, cycles*nodes)
	joined, err := s.during(ctx, idle, func() error { return s.grow(ctx, s.size, pace) })
	if err != nil {
		return c, err
	}
	c.Memory, c.Handshake = float64(joined.rss)/float64(s.size), joined.cpu/time.Duration(s.size)
	whole, err := s.during(ctx, idle, func() error { return s.cutOff(ctx) })
	if err != nil {
		return c, err
	}
	s.divide(&c, joined.redis, each(plus(whole.redis, empty.redis, -1), cycles))
	if err := s.talk(ctx, idle, &c); err != nil {
		return c, err
	}
	left, err := s.during(ctx, idle, func() error { return s.shrink(ctx, pace) })
	if err != nil {
		return c, err
	}
	c.Leave = each(c.Client, 2) // names without values
	c.Leaving = each(plus(left.redis, c.Leave, -float64(s.size)), float64(s.size))
	c.Beat.CPU = c.Batch.CPU // as many commands; a Redis at rest does much else in the time of a beat
	return c, nil
}

// divide tells a batch from the clients in it: alone is what clients cost that come one by one, together what they cost in whole batches.
func (s *site) divide(c *sim.Costs, alone, together sim.Use) {
	n := float64(s.size)
	batches := float64(nodes * ((s.size/nodes + batch - 1) / batch))
	pair := each(alone, n)
	c.Client = each(plus(together, pair, -batches), n-batches)
	c.Client.Commands = 0 // by design: what is left is of another number of messages between nodes
	c.Batch = each(plus(pair, c.Client, -1), 1)
}

// cutOff ends the subscriptions of all nodes again and again. Each time they register all of their clients, as with a new Redis.
func (s *site) cutOff(ctx context.Context) error {
	o, err := goredis.ParseURL(s.Redis.URL())
	if err != nil {
		return err
	}
	client := goredis.NewClient(o)
	defer func() { _ = client.Close() }() // the measurement is over
	for range cycles {
		if err := client.ClientKillByFilter(ctx, "TYPE", "pubsub").Err(); err != nil {
			return err
		}
		if err := rest(ctx, 500*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// talk measures chat.
func (s *site) talk(ctx context.Context, idle spent, c *sim.Costs) error {
	text := fmt.Sprintf(`{"type":"chat","message":"%0128d"}`, 0)
	s.reset()
	said, err := s.during(ctx, idle, func() error {
		for range talking {
			if err := s.speak.Send(ctx, text); err != nil {
				return err
			}
			if err := rest(ctx, pause); err != nil {
				return err
			}
		}
		return s.until(ctx, "all have received all", func() bool { return s.received >= talking*s.size })
	})
	if err != nil {
		return err
	}
	c.Message = each(said.redis, talking)
	c.Receive = sim.Use{Out: c.Message.Out / nodes} // the node that sent it gets it back, too; the answer of the script is a few bytes
	c.Message = plus(c.Message, c.Receive, -(nodes - 1))
	c.Delivery = said.cpu / time.Duration(talking*s.size)
	return nil
}

// report prints costs.
func report(out io.Writer, size int, c sim.Costs) {
	printf(out, "costs, with %d clients on %d nodes:\n", size, nodes)
	printf(out, "  a connection        %8.1f KiB of its node's memory\n", c.Memory/1024)
	printf(out, "  a client connects   %8v of its node's processor\n", c.Handshake.Round(time.Microsecond))
	printf(out, "  a message arrives   %8v of its node's processor, for each client\n", c.Delivery.Round(10*time.Nanosecond))
	printf(out, "  of Redis            %8s %9s %9s %10s\n", "commands", "bytes in", "bytes out", "processor")
	for _, u := range []struct {
		name string
		sim.Use
	}{
		{"a batch of clients", c.Batch},
		{"… each of them", c.Client},
		{"a batch that leaves", c.Leaving},
		{"a node's beat", c.Beat},
		{"a node finds Redis", c.Return},
		{"a chat message", c.Message},
		{"… to one more node", c.Receive},
	} {
		printf(out, "    %-20s%6.1f %9.0f %9.0f %10v\n", u.name, u.Commands, u.In, u.Out, u.CPU.Round(100*time.Nanosecond))
	}
}

package main

import (
	"fmt"
	"io"
	"time"

	"github.com/tetherscope/tetherscope/internal/bench/scale/sim"
)

// faults are what the simulation of a large cluster goes through.
var faults = []struct {
	name string
	run  func(sim.Config) sim.Result
}{
	{"rolling restart, 10 s each", func(c sim.Config) sim.Result { return sim.Rolling(c, 10*time.Second) }},
	{"loss of a zone of three", sim.Zone},
	{"Redis failover, 10 s", func(c sim.Config) sim.Result { return sim.Failover(c, 10*time.Second) }},
	{"storm: all at once", func(c sim.Config) sim.Result { return sim.Storm(c, 0) }},
	{"storm after 5 min away", func(c sim.Config) sim.Result { return sim.Storm(c, 5*time.Minute) }},
}

// simulate prints what each fault comes to.
func simulate(c sim.Config, out io.Writer) error {
	if most := c.Nodes * 2 / 3 * c.NodeClients; c.Clients > most {
		return fmt.Errorf("%d clients on %d nodes: without one zone the others take %d at most", c.Clients, c.Nodes, most)
	}
	printf(out, "\nsimulation: %d clients on %d nodes of %.0f cores, in %d zones; %v chat messages a second to all; seed %d\n", c.Clients, c.Nodes, c.Cores, c.Zones, c.Messages, c.Seed)
	printf(out, "%-27s %9s %9s | %8s %8s | %8s %8s %8s | %9s %8s | %8s %9s %9s\n", "", "lost", "failed", "away p50", "p99", "all back", "in Redis", "queue",
		"busiest", "one node", "Redis", "busiest", "load")
	for _, f := range faults {
		r := f.run(c)
		printf(out, "%-27s %9d %9d | %7.1fs %7.1fs | %7.1fs %7.1fs %7.1fs | %9d %8d | %8.0f %9.0f %8.1f%%\n", f.name, r.Lost, r.Failed,
			r.Away.Median.Seconds(), r.Away.P99.Seconds(), r.Back.Seconds(), r.Registered.Seconds(), r.Queue.Seconds(),
			r.Busiest, r.OneNode, r.Redis.Commands, r.RedisPeak.Commands, 100*r.RedisPeak.CPU.Seconds()/0.1)
		if r.Stopped > 0 {
			return fmt.Errorf("%s: %d clients have stopped", f.name, r.Stopped)
		}
	}
	full := (c.Clients + c.Nodes - 1) / c.Nodes
	printf(out, "  busiest: attempts, and Redis commands, in the busiest 100 ms. all back, in Redis: after the end of the fault\n")
	printf(out, "  %d connections on a node take %.0f MiB, and %.0f MiB without one zone of %d\n", full, float64(full)*c.Costs.Memory/(1<<20),
		float64(full*c.Zones/(c.Zones-1))*c.Costs.Memory/(1<<20), c.Zones)
	return nil
}

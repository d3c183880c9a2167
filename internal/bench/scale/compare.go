package main

import (
	"context"
	"io"
	"math"
	"path/filepath"
	"slices"
	"time"

	"github.com/tetherscope/tetherscope/internal/app/cluster"
	"github.com/tetherscope/tetherscope/internal/bench/scale/sim"
)

// seeds is how many simulations a comparison takes the mean of.
const seeds = 200

// outcome is what is compared, of the real cluster or of the model.
type outcome struct {
	lost, attempts, busiest, commands float64
	back                              time.Duration
}

// trial is a fault at both.
type trial struct {
	name string
	real func(ctx context.Context, s *site) (began, ended time.Time, err error) // when the fault began, and when it was over
	ours func(c sim.Config, lasted time.Duration) sim.Result
}

var trials = []trial{
	{"a node is killed", killOne, func(c sim.Config, _ time.Duration) sim.Result { return sim.Zone(c) }},
	{"front away for 5 s", frontAway, sim.Storm},
	{"rolling restart", rollingRestart, func(c sim.Config, lasted time.Duration) sim.Result { return sim.Rolling(c, lasted/nodes) }},
	{"Redis away for 3 s", redisAway, sim.Failover},
}

// compare lets each fault happen to the real cluster, and to the model of one of its size.
func (s *site) compare(ctx context.Context, o options, out io.Writer) error {
	printf(out, "\nmodel and cluster: %d clients on %d nodes; means of %d simulations and of %d faults\n", s.size, nodes, seeds, o.reps)
	printf(out, "%-20s %-22s %10s %10s %7s\n", "", "", "cluster", "model", "")
	c := o.large
	c.Clients, c.Nodes, c.Zones, c.Cores, c.RTT, c.Messages = s.size, nodes, nodes, 1, 300*time.Microsecond, 0
	all, good := 0, 0
	for _, t := range trials {
		var measured, model outcome
		for range o.reps {
			if err := s.grow(ctx, s.size, pace); err != nil {
				return err
			}
			r, lasted, err := s.suffer(ctx, t)
			if err != nil {
				return err
			}
			measured.add(r, o.reps)
			for i := range seeds {
				c.Seed = uint64(i)
				model.add(of(t.ours(c, lasted)), seeds*o.reps)
			}
			if err := s.shrink(ctx, pace/5); err != nil { // clients lie unevenly after a fault
				return err
			}
		}
		n, within := show(out, t.name, measured, model)
		all, good = all+n, good+within
	}
	printf(out, "  %d of %d figures within 20 %%\n", good, all)
	return nil
}

func of(r sim.Result) outcome {
	return outcome{float64(r.Lost), float64(r.Attempts), float64(r.Busiest), r.Redis.Commands, max(r.Back, 0)}
}

// add adds one of n, for their mean.
func (o *outcome) add(p outcome, n int) {
	o.lost += p.lost / float64(n)
	o.attempts += p.attempts / float64(n)
	o.busiest += p.busiest / float64(n)
	o.commands += p.commands / float64(n)
	o.back += p.back / time.Duration(n)
}

// show prints both side by side, and returns how many figures there are and how many agree. What is nothing in both is no figure.
func show(out io.Writer, name string, measured, model outcome) (all, within int) {
	for _, f := range []struct {
		name       string
		real, ours float64
	}{
		{"connections lost", measured.lost, model.lost},
		{"attempts", measured.attempts, model.attempts},
		{"… in busiest 100 ms", measured.busiest, model.busiest},
		{"all are back, ms", ms(measured.back), ms(model.back)},
		{"Redis commands", measured.commands, model.commands},
	} {
		if f.real == 0 && f.ours == 0 {
			continue
		}
		all++
		mark := "off"
		if math.Abs(f.ours-f.real) <= 0.2*f.real {
			mark = "ok"
			within++
		}
		printf(out, "%-20s %-22s %10.0f %10.0f %+6.0f%% %s\n", name, f.name, f.real, f.ours, 100*(f.ours/f.real-1), mark)
		name = ""
	}
	return all, within
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// suffer lets a fault happen to the cluster, waits until it is over, and returns what came of it and how long it lasted.
func (s *site) suffer(ctx context.Context, t trial) (o outcome, lasted time.Duration, err error) {
	if err := rest(ctx, 2*time.Second); err != nil {
		return o, 0, err
	}
	s.reset()
	before, err := s.read(ctx)
	if err != nil {
		return o, 0, err
	}
	began, ended, err := t.real(ctx, s)
	if err != nil {
		return o, 0, err
	}
	if err := s.until(ctx, "all are back after: "+t.name, func() bool { return s.open == s.size }); err != nil {
		return o, 0, err
	}
	if err := rest(ctx, time.Second); err != nil { // those who do not know yet that they have lost theirs
		return o, 0, err
	}
	if err := s.until(ctx, "all are back after: "+t.name, func() bool { return s.open == s.size }); err != nil {
		return o, 0, err
	}
	after, err := s.read(ctx)
	if err != nil {
		return o, 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o = outcome{lost: float64(s.lost), attempts: float64(len(s.attempts)), busiest: float64(busiest(s.attempts, began)), commands: float64(after.since(before).Work())}
	if len(s.opened) > 0 {
		o.back = max(slices.MaxFunc(s.opened, time.Time.Compare).Sub(ended), 0)
	}
	return o, ended.Sub(began), nil
}

// busiest returns how many of the times are in the fullest 100 ms, counted from began.
func busiest(list []time.Time, began time.Time) (most int) {
	in := map[time.Duration]int{}
	for _, t := range list {
		step := t.Sub(began) / (100 * time.Millisecond)
		in[step]++
		most = max(most, in[step])
	}
	return most
}

// killOne kills the first node. It is started again when the others have its clients, for the next fault.
func killOne(ctx context.Context, s *site) (began, ended time.Time, err error) {
	began = time.Now()
	s.Nodes[0].Kill()
	if err := s.until(ctx, "the others have its clients", func() bool { return s.lost > 0 && s.open == s.size }); err != nil {
		return began, began, err
	}
	return began, began, s.StartNode(ctx, 0, 0)
}

// frontAway ends nginx, and with it all connections.
func frontAway(ctx context.Context, s *site) (began, ended time.Time, err error) {
	began = time.Now()
	if err := s.Nginx.Stop(); err != nil { // its workers end with their connections; killed, it would leave them behind
		return began, began, err
	}
	if err := rest(ctx, 5*time.Second); err != nil {
		return began, began, err
	}
	s.Nginx, err = cluster.StartNginx(ctx, "", filepath.Clean(s.dir), s.Nginx.Addr, s.Addrs, 0)
	return began, time.Now(), err
}

// rollingRestart stops and starts one node after another.
func rollingRestart(ctx context.Context, s *site) (began, ended time.Time, err error) {
	began = time.Now()
	for i := range s.Nodes {
		if err := s.Nodes[i].Stop(); err != nil {
			return began, began, err
		}
		if err := rest(ctx, 7*time.Second); err != nil { // longer than clients are asked to stay away
			return began, began, err
		}
		if err := s.StartNode(ctx, i, i); err != nil {
			return began, began, err
		}
	}
	return began, time.Now(), nil
}

// redisAway ends Redis, and starts one without data.
func redisAway(ctx context.Context, s *site) (began, ended time.Time, err error) {
	began = time.Now()
	s.Redis.Kill()
	if err := rest(ctx, 3*time.Second); err != nil {
		return began, began, err
	}
	if err := s.Redis.Start(ctx); err != nil {
		return began, began, err
	}
	return began, time.Now(), rest(ctx, 4*time.Second) // nodes have looked for it by then
}

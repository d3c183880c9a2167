// These tests prove that the costs of the model are what a real cluster asks of Redis, and that the command says what it is asked.
package main

import (
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/app/cluster"
	"github.com/tetherscope/tetherscope/internal/bench/scale/sim"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// TestMain lets the program be a node of the cluster, as it does when it measures.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == beNode {
		main()
		return
	}
	os.Exit(m.Run())
}

// programs skips the test where Redis or nginx is not installed, or fails it where TETHERSCOPE_REQUIRE_TOOLS is set.
func programs(t *testing.T) {
	t.Helper()
	for _, program := range []string{"redis-server", "nginx"} {
		_, err := exec.LookPath(program)
		if _, elsewhere := os.Stat("/usr/sbin/" + program); err == nil || elsewhere == nil {
			continue
		}
		if os.Getenv("TETHERSCOPE_REQUIRE_TOOLS") != "" {
			t.Fatalf("%s is not installed", program)
		}
		t.Skipf("%s is not installed", program)
	}
}

// small starts the real cluster.
func small(t *testing.T, size int) *site {
	t.Helper()
	programs(t)
	dir := t.TempDir()
	c, err := cluster.Run(t.Context(), cluster.Config{Dir: dir, Nodes: nodes, Node: command})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{c, newFleet(c.URL), dir, size}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestTheModelCountsWhatRedisDoes: clients that connect one after another to three real nodes, and those that a killed node loses, cost
// Redis as many commands as the model says, within 20 %; and the model loses and connects as many.
func TestTheModelCountsWhatRedisDoes(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Redis, three nodes and nginx")
	}
	const size = 60
	s := small(t, size)
	usage := func() cluster.Usage {
		u, err := s.Redis.Usage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	// work is what the commands of clients are, without those of beats, whose number depends on how long the test takes.
	work := func(u cluster.Usage, batches int64) float64 {
		beats := u.Commands["pexpire"] - batches
		return float64(u.Work()) - float64(beats)*sim.Measured.Beat.Commands
	}
	before := usage()
	for i := range size {
		if err := s.add(t.Context()); err != nil {
			t.Fatal(err)
		}
		await.Until(t, "the client is known to Redis", func() bool { return usage().Since(before).Commands["hset"] == int64(i+1) })
	}
	got := work(usage().Since(before), size)
	c := sim.Measured
	if want := size * (c.Batch.Commands + c.Client.Commands); math.Abs(want-got) > 0.2*got {
		t.Errorf("%d clients that come one by one: %v commands, the model says %v", size, got, want)
	}

	s.reset()
	before = usage()
	s.Nodes[0].Kill()
	if err := s.until(t.Context(), "all are back", func() bool { return s.lost > 0 && s.open == size }); err != nil {
		t.Fatal(err)
	}
	config := sim.Default()
	config.Clients, config.Nodes, config.Zones, config.Messages = size, nodes, nodes, 0
	r := sim.Zone(config)
	s.mu.Lock()
	lost, attempts := s.lost, len(s.attempts)
	s.mu.Unlock()
	if math.Abs(float64(r.Lost-lost)) > 0.2*float64(lost) || math.Abs(float64(r.Attempts-attempts)) > 0.2*float64(attempts) {
		t.Errorf("a node is killed: %d connections lost and %d attempts, the model says %d and %d", lost, attempts, r.Lost, r.Attempts)
	}
	joins := func(u cluster.Usage) int64 { return u.Commands["hset"] }
	var u cluster.Usage
	await.Until(t, "Redis knows them", func() bool { u = usage().Since(before); return joins(u) > 0 && u.Commands["subscribe"] >= joins(u) })
	if got, want := work(u, joins(u)), float64(joins(u))*c.Batch.Commands; math.Abs(want-got) > 0.2*got+c.Batch.Commands {
		t.Errorf("%d batches: %v commands, the model says %v: %v", joins(u), got, want, u.Commands)
	}
	if err := s.shrink(t.Context(), 0); err != nil {
		t.Error(err)
	}
}

// TestTheCommand: a small simulation prints a line for each fault, and what cannot be simulated or asked is an error.
func TestTheCommand(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), []string{"-only", "simulate", "-clients", "5000", "-nodes", "10"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		if !strings.Contains(out.String(), "\n"+f.name+" ") {
			t.Errorf("no line about %q in:\n%s", f.name, out.String())
		}
	}
	for _, args := range [][]string{
		{"-only", "guess"}, {"-size", "10"}, {"-reps", "0"}, {"-clients", "0"}, {"-nodes", "2"}, {"-messages", "-1"}, {"-only", "simulate", "-clients", "2000000"},
	} {
		if err := run(t.Context(), args, &out); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

// TestFiguresAreCompared: those within 20 % are counted, and what neither has is left out.
func TestFiguresAreCompared(t *testing.T) {
	var out strings.Builder
	measured := outcome{lost: 100, attempts: 100, busiest: 10, back: time.Second}
	model := outcome{lost: 119, attempts: 121, busiest: 8, back: time.Second}
	if all, within := show(&out, "x", measured, model); all != 4 || within != 3 {
		t.Errorf("%d of %d\n%s", within, all, out.String())
	}
}

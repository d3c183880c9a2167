package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"runtime/pprof"
	"strings"

	"github.com/tetherscope/tetherscope/internal/bench/native/drive"
)

// options are the command line.
type options struct {
	reps    int
	short   bool
	peers   bool
	only    string
	profile string
}

func main() {
	var o options
	flag.IntVar(&o.reps, "reps", 0, "repetitions of each measurement (default 9, with -short 3)")
	flag.BoolVar(&o.short, "short", false, "fewer and smaller measurements")
	flag.BoolVar(&o.peers, "peers", true, "compare with gorilla, gobwas and gws, too")
	flag.StringVar(&o.only, "only", "", "only measurements whose name contains `text`")
	flag.StringVar(&o.profile, "profile", "", "write a CPU profile of tether's process to this `file`")
	client := flag.String("client", "", "be the client with this `name` (the benchmark starts itself so)")
	serve := flag.Bool("serve", false, "be the server (the benchmark starts itself so)")
	flag.Parse()
	if o.reps == 0 {
		if o.reps = 9; o.short {
			o.reps = 3
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := dispatch(ctx, o, *client, *serve); err != nil {
		fmt.Fprintln(os.Stderr, "bench/native:", err)
		stop()
		os.Exit(1)
	}
}

func dispatch(ctx context.Context, o options, client string, serve bool) error {
	switch {
	case serve:
		return serveEcho()
	case client != "":
		return beClient(client, o.profile)
	}
	return run(ctx, o, os.Stdout)
}

// beClient does what the benchmark asks, under a profile if one is wanted.
func beClient(name, profile string) error {
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	return drive.Serve(os.Stdin, os.Stdout, dials[name])
}

// scenario is one measurement.
type scenario struct {
	name          string
	job           drive.Job
	rate          float64 // aims: messages/s and CPU as ratios to coder/websocket; 0: none
	cpu           float64
	overGorilla   bool  // aim: more messages/s than gorilla
	memory        int64 // aims of idle clients
	maxGoroutines float64
}

func scenarios(short bool) []scenario {
	list := []scenario{
		{name: "128 B, 256 in flight", job: drive.Job{N: 300_000, Size: 128, Window: 256}, rate: 1, cpu: 1.1},
		{name: "128 B, one in flight", job: drive.Job{N: 20_000, Size: 128, Window: 1}},
		{name: "64 KiB, 16 in flight", job: drive.Job{N: 6000, Size: 64 << 10, Window: 16}, rate: 1.25, cpu: 0.75, overGorilla: true},
		{name: "idle", job: drive.Job{Idle: 500}, memory: 20 << 10, maxGoroutines: 3},
	}
	for i := range list {
		if j := &list[i].job; short {
			j.N, j.Idle = j.N/20, j.Idle/10
		}
	}
	return list
}

// run measures everything.
func run(ctx context.Context, o options, out io.Writer) error {
	dir, err := os.MkdirTemp("", "tetherscope-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	server, stop, err := startServer(ctx)
	if err != nil {
		return err
	}
	defer stop()
	clients, left := startClients(ctx, o, dir)
	defer func() {
		for _, c := range clients {
			c.stop()
		}
	}()
	if left != "" {
		printf(out, "left out: %s\n", left)
	}
	for _, s := range scenarios(o.short) {
		if !strings.Contains(s.name, o.only) {
			continue
		}
		s.job.URL = "ws://" + server
		results, err := measure(clients, s, o.reps)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		report(out, s, clients, results)
	}
	return nil
}

// measure does a scenario's job in every client: once to warm up, then reps times, each time in another order.
func measure(clients []*client, s scenario, reps int) (map[string][]drive.Result, error) {
	results := map[string][]drive.Result{}
	for rep := range reps + 1 {
		for _, i := range rand.Perm(len(clients)) {
			c := clients[i]
			r, err := c.do(s.job)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			if rep > 0 {
				results[c.name] = append(results[c.name], r)
			}
		}
	}
	return results, nil
}

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"
)

// options are the command line.
type options struct {
	short bool
	reps  int
	span  time.Duration // of one measurement
	idle  int           // connections whose memory is measured
	only  string        // of the scenarios' names
	peers bool
	heap  string // directory for heap profiles of our idle servers; "" for none
}

func main() {
	var o options
	flag.BoolVar(&o.short, "short", false, "fewer, shorter and smaller measurements")
	flag.IntVar(&o.reps, "reps", 0, "repetitions (default 7, with -short 1)")
	flag.DurationVar(&o.span, "span", 0, "`time` that one measurement takes (default 2s, with -short 300ms)")
	flag.IntVar(&o.idle, "idle", 0, "`connections` whose memory is measured (default 10000, with -short 1000)")
	flag.StringVar(&o.only, "only", "", "only scenarios whose name contains `text`; \"idle\" is the memory")
	flag.BoolVar(&o.peers, "peers", true, "compare with ws, gws and mitmproxy")
	flag.StringVar(&o.heap, "heap", "", "write heap profiles of our servers with their idle connections into this `directory`")
	be := flag.String("be", "", "be our server, `tapped`, untapped, bare or secured, or plain:ADDRESS, a proxy (the benchmark starts itself so)")
	guest := flag.String("host", "", "run this `program` for the benchmark (it starts itself so)")
	load := flag.String("load", "", "be the load generator of this `job` (the benchmark starts itself so)")
	flag.Parse()
	o.defaults()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := dispatch(ctx, o, role{*be, *load, *guest}); err != nil {
		fmt.Fprintln(os.Stderr, "bench/server:", err)
		stop()
		os.Exit(1)
	}
}

func (o *options) defaults() {
	reps, span, idle := 7, 2*time.Second, 10_000
	if o.short {
		reps, span, idle = 1, 300*time.Millisecond, 1000
	}
	if o.reps == 0 {
		o.reps = reps
	}
	if o.span == 0 {
		o.span = span
	}
	if o.idle == 0 {
		o.idle = idle
	}
}

// role is what this process is for the benchmark; all empty for the benchmark itself.
type role struct{ be, load, host string }

func dispatch(ctx context.Context, o options, r role) error {
	if r.host != "" {
		return host(r.host)
	}
	target, plain := strings.CutPrefix(r.be, plainTo)
	switch {
	case plain:
		endWithParent()
		return bePlain(target)
	case r.be != "":
		go inspectable(os.Stdin, os.Stdout)
		return beServer(ctx, r.be)
	case r.load != "":
		endWithParent()
		return beLoad(r.load)
	}
	return run(ctx, o, os.Stdout)
}

// endWithParent ends this process when its standard input does: a child must not outlive the benchmark.
func endWithParent() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
}

// run measures everything.
func run(ctx context.Context, o options, out io.Writer) error {
	dir, err := os.MkdirTemp("", "tetherscope-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	conditions(out, o)
	if err := runServers(ctx, o, dir, out); err != nil {
		return err
	}
	if wanted := o.of(proxyScenarios); len(wanted) > 0 {
		if err := proxies(ctx, o, wanted, dir, out); err != nil {
			return err
		}
	}
	if wanted, idle := o.of(tunnelScenarios), strings.Contains(idleTunnels, o.only); len(wanted) > 0 || idle {
		return tunnels(ctx, o, wanted, idle, dir, out)
	}
	return nil
}

// runServers measures our server beside its peers.
func runServers(ctx context.Context, o options, dir string, out io.Writer) error {
	wanted, idle := o.of(scenarios), strings.Contains("idle", o.only)
	if len(wanted) == 0 && !idle {
		return nil
	}
	list, left := servers(ctx, dir, o.peers)
	for _, l := range left {
		printf(out, "left out: %s\n", l)
	}
	if len(wanted) > 0 {
		if err := loads(ctx, o, wanted, list, out); err != nil {
			return err
		}
	}
	if !idle {
		return nil
	}
	for i := range list {
		if list[i].idle != nil {
			list[i].command = list[i].idle
		}
	}
	return memory(ctx, o, list, out)
}

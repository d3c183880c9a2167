package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/tetherscope/tetherscope/internal/bench/scale/sim"
)

// beNode makes this program a node of the cluster that it measures.
const beNode = "be-node"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if len(os.Args) > 1 && os.Args[1] == beNode {
		err = node(ctx, os.Args[2:])
	} else {
		err = run(ctx, os.Args[1:], os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/scale:", err)
		stop()
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	only  string
	size  int // clients of the real cluster
	reps  int // of each fault there
	large sim.Config
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o := options{large: sim.Default()}
	set := flag.NewFlagSet("scale", flag.ContinueOnError)
	set.StringVar(&o.only, "only", "", "only `measure`, compare or simulate")
	set.IntVar(&o.size, "size", 600, "`clients` of the real cluster")
	set.IntVar(&o.reps, "reps", 3, "times that each fault happens there")
	set.IntVar(&o.large.Clients, "clients", o.large.Clients, "`clients` of the simulation")
	set.IntVar(&o.large.Nodes, "nodes", o.large.Nodes, "`nodes` of the simulation")
	set.Float64Var(&o.large.Messages, "messages", o.large.Messages, "chat `messages` per second in the simulation, each of them to all clients")
	set.Uint64Var(&o.large.Seed, "seed", o.large.Seed, "of the simulation")
	if err := set.Parse(args); err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	if o.only == "" || o.only == "measure" || o.only == "compare" {
		if err := onCluster(ctx, &o, out); err != nil {
			return err
		}
	}
	if o.only == "" || o.only == "simulate" {
		return simulate(o.large, out)
	}
	return nil
}

func (o options) check() error {
	switch c := o.large; {
	case o.only != "" && o.only != "measure" && o.only != "compare" && o.only != "simulate":
		return fmt.Errorf("-only %s: there are measure, compare and simulate", o.only)
	case o.size < 3*leastOnNode || o.reps < 1:
		return fmt.Errorf("-size must be at least %d, and -reps 1", 3*leastOnNode)
	case c.Clients < 1 || c.Nodes < 3:
		return fmt.Errorf("%d clients on %d nodes: there must be a client and three nodes", c.Clients, c.Nodes)
	case c.Messages < 0:
		return fmt.Errorf("-messages %v is negative", c.Messages)
	}
	return nil
}

// printf writes to out; that a report cannot be written shows by itself.
func printf(out io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) }

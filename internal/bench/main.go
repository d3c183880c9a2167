package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	var o options
	flag.IntVar(&o.reps, "reps", 0, "repetitions of each measurement (default 7, with -short 2)")
	flag.BoolVar(&o.short, "short", false, "fewer and smaller measurements")
	flag.StringVar(&o.only, "only", "", "only the `scenario` text, binary, pingpong or firehose")
	flag.BoolVar(&o.js, "js", false, "compare TetherSocket with other JavaScript classes, instead of Go programs")
	sizesOnly := flag.Bool("sizes", false, "print only the sizes")
	speedOnly := flag.Bool("speed", false, "print only the speeds")
	serve := flag.Bool("serve", false, "be the WebSocket server (the benchmark starts itself so)")
	flag.Parse()
	if o.reps == 0 {
		o.reps = 7
		if o.short {
			o.reps = 2
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o, *serve, *sizesOnly, *speedOnly); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, serve, sizesOnly, speedOnly bool) error {
	if serve {
		return serveForever()
	}
	dir, err := os.MkdirTemp("", "tetherscope-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if o.js {
		return jsClasses(ctx, dir, o)
	}
	if !sizesOnly {
		if err := speeds(ctx, dir, o); err != nil {
			return err
		}
	}
	if speedOnly {
		return nil
	}
	return sizes(ctx, dir)
}

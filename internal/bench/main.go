package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	var o options
	flag.IntVar(&o.reps, "reps", 0, "repetitions of each measurement (default 5, with -short 2)")
	flag.BoolVar(&o.short, "short", false, "fewer and smaller measurements")
	flag.StringVar(&o.only, "only", "", "only measurements with these `words`: pingpong, pipelined or firehose; text or binary; as in pingpong,text")
	sizesOfMessages := flag.String("bytes", "", "`sizes` of messages, as in 128,65536 (default 16 B, 128 B, 1 KiB, 64 KiB and 1 MiB; with -short or -js 128 B and 64 KiB)")
	flag.BoolVar(&o.js, "js", false, "compare TetherSocket with other JavaScript classes, instead of Go programs")
	sizesOnly := flag.Bool("sizes", false, "print only the sizes")
	speedOnly := flag.Bool("speed", false, "print only the speeds")
	serve := flag.Bool("serve", false, "be the WebSocket server (the benchmark starts itself so)")
	flag.Parse()
	if o.reps == 0 {
		o.reps = 5
		if o.short {
			o.reps = 2
		}
	}
	if err := o.check(*sizesOfMessages); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
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
		if err := built(ctx); err != nil {
			return err
		}
		variants = jsVariants
	}
	if !sizesOnly {
		withPeers(ctx, dir)
		if err := speeds(ctx, dir, o); err != nil {
			return err
		}
	}
	if speedOnly || o.js {
		return nil
	}
	return sizes(ctx, dir)
}

// check fills in the sizes of messages, and refuses what cannot be measured.
func (o *options) check(list string) (err error) {
	switch {
	case list != "":
		o.bytes, err = parseBytes(list)
	case o.short || o.js:
		o.bytes = []int{128, 64 << 10}
	default:
		o.bytes = allSizes
	}
	return errors.Join(err, checkOnly(o.only))
}

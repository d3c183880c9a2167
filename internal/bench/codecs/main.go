package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// variant is what the page measured of one codec, operation and size.
type variant struct {
	Name, Op, Size string
	Bytes          int       // of the message
	Samples        []float64 // microseconds for each message
}

func main() {
	reps := flag.Int("reps", 15, "repetitions of each measurement")
	batch := flag.Int("batch", 20, "milliseconds of each measurement")
	short := flag.Bool("short", false, "three repetitions of 5 ms: a look, not a result")
	flag.Parse()
	if *short {
		*reps, *batch = 3, 5
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *reps, *batch); err != nil {
		fmt.Fprintln(os.Stderr, "codecs:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, reps, batch int) error {
	dir, err := os.MkdirTemp("", "tetherscope-codecs-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	site, err := serveSite(ctx, dir)
	if err != nil {
		return err
	}
	b, err := chrome.Start(ctx, chrome.Options{})
	if err != nil {
		return err
	}
	defer b.Close()
	p, err := b.Page(ctx, site)
	if err != nil {
		return err
	}
	ready, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := p.WaitFor(ready, "isReady()"); err != nil {
		return err
	}
	var list []variant
	if err := p.Eval(ctx, fmt.Sprintf("measure(%d, %d)", reps, batch), &list); err != nil {
		return err
	}
	report(os.Stdout, list, reps)
	return nil
}

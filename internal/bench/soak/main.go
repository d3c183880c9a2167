package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

// plan is what is done.
type plan struct {
	people  int           // tethers
	rounds  int           // connections that each loses
	each    int           // messages of one between two losses
	every   time.Duration // between two messages of one
	patient time.Duration // how long everything has to come back to where it was
}

// day is 86,400 messages and 1,440 losses.
func day(span time.Duration) plan {
	p := plan{people: 24, rounds: 60, each: 60, patient: 20 * time.Second}
	p.every = span / time.Duration(p.rounds*p.each)
	return p
}

// look is a fortieth of a day.
func look() plan {
	return plan{people: 12, rounds: 3, each: 60, every: 10 * time.Millisecond, patient: 20 * time.Second}
}

func main() {
	span := flag.Duration("span", 10*time.Minute, "`time` that the day takes, when the machine can")
	short := flag.Bool("short", false, "a fortieth of it")
	be := flag.Bool("be-server", false, "be the server (the command starts itself so)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := dispatch(ctx, *be, *short, *span); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		stop()
		os.Exit(1)
	}
}

func dispatch(ctx context.Context, be, short bool, span time.Duration) error {
	switch {
	case be:
		return beServer(ctx)
	case short:
		return soak(ctx, look(), os.Stdout)
	}
	return soak(ctx, day(span), os.Stdout)
}

// errDiffers: something was held that was not held before, or an answer was wrong.
var errDiffers = errors.New("the soak failed: see above")

// soak does p and prints what it cost.
func soak(ctx context.Context, p plan, out io.Writer) error {
	s, err := startServer(ctx)
	if err != nil {
		return err
	}
	defer s.stop()
	first := p
	first.rounds, first.every = len(losses), 0
	if _, err := live(ctx, first, s.addr); err != nil {
		return fmt.Errorf("the first round: %w", err)
	}
	before, err := s.pair(p.patient, nil)
	if err != nil {
		return err
	}
	began := time.Now()
	tally, err := live(ctx, p, s.addr)
	if err != nil {
		return err
	}
	took := time.Since(began)
	after, err := s.pair(p.patient, &before)
	if err != nil {
		return err
	}
	if !report(out, p, tally, took, before, after) {
		return errDiffers
	}
	return nil
}

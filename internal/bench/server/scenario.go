package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"time"
)

// scenario is what clients do.
type scenario struct {
	name      string
	conns     int
	size      int // bytes of a message
	window    int
	broadcast bool
}

var scenarios = []scenario{
	{"echo, 64 connections, 128 B", 64, 128, 1, false},
	{"echo, 64 connections, 128 B, 16 at once", 64, 128, 16, false},
	{"echo, 64 connections, 16 KiB", 64, 16 << 10, 1, false},
	{"echo, 1,000 connections, 128 B", 1000, 128, 1, false},
	{"echo, 1,000 connections, 16 KiB", 1000, 16 << 10, 1, false},
	{"broadcast, 64 connections, 128 B", 64, 128, 8, true},
	{"broadcast, 1,000 connections, 128 B", 1000, 128, 8, true},
}

// filling is how long big messages pass before the first measurement: then the tap's ring has its size.
const filling = 1500 * time.Millisecond

// fill lets big messages pass.
func (r *running) fill(ctx context.Context) error {
	_, err := measure(ctx, r, scenario{conns: 16, size: 64 << 10, window: 1}, filling, filling/10)
	return err
}

// of lists those that were asked for.
func (o options) of(list []scenario) (wanted []scenario) {
	for _, s := range list {
		if strings.Contains(s.name, o.only) {
			wanted = append(wanted, s)
		}
	}
	return wanted
}

// loads measures scenarios.
func loads(ctx context.Context, o options, wanted []scenario, list []candidate, out io.Writer) error {
	up := make([]*running, len(list))
	for i, s := range list {
		r, err := s.start()
		if err != nil {
			return err
		}
		defer r.stop()
		up[i] = r
		if err := r.fill(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	for _, s := range wanted {
		samples := make([][]result, len(list))
		for range o.reps {
			for _, i := range rand.Perm(len(list)) {
				r, err := measure(ctx, up[i], s, o.span/4, o.span)
				if err != nil {
					return fmt.Errorf("%s: %s: %w", s.name, list[i].name, err)
				}
				samples[i] = append(samples[i], r)
			}
		}
		report(out, s, list, samples)
	}
	return nil
}

// measure has a load generator do the scenario. The CPU time is that of the server and of others.
func measure(ctx context.Context, r *running, s scenario, warm, span time.Duration, others ...int) (result, error) {
	j := job{
		place: r.place(), PIDs: append(others, r.pid), Conns: s.conns, Size: s.size, Window: s.window, Broadcast: s.broadcast,
		Warm: warm, Span: span,
	}
	if s.broadcast {
		t, err := token()
		if err != nil {
			return result{}, err
		}
		j.Path = "/ws/chat?token=" + t
	}
	text, err := json.Marshal(j)
	if err != nil {
		return result{}, err
	}
	cmd := exec.CommandContext(ctx, os.Args[0], "-load", string(text))
	if _, err := cmd.StdinPipe(); err != nil { // it ends when this pipe does
		return result{}, err
	}
	var b strings.Builder
	cmd.Stderr = &b
	text, err = cmd.Output()
	if err != nil {
		return result{}, errors.Join(err, errors.New(strings.TrimSpace(b.String())))
	}
	var res result
	return res, json.Unmarshal(text, &res)
}

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
	"path/filepath"
	"strings"
	"time"
)

// proxyScenarios are what clients do through proxies. The target is our echo, without its tap.
var proxyScenarios = []scenario{
	{"proxy, 64 connections, 128 B", 64, 128, 1, false},
	{"proxy, 64 connections, 128 B, 16 at once", 64, 128, 16, false},
	{"proxy, 64 connections, 16 KiB", 64, 16 << 10, 1, false},
	{"proxy, 64 connections, 16 KiB, 16 at once", 64, 16 << 10, 16, false},
}

// A way leads to the target: none in between, or a proxy.
type way struct {
	server
	recording recording
}

// recording is who writes to a file what a proxy sees.
type recording uint8

const (
	nobody  recording = iota
	itself            // by -record
	another           // the record command, a program of its own
)

// The ways' names.
const (
	wayDirect  = "direct"
	wayPlain   = "io.Copy"
	wayOurs    = "tetherscope"
	wayItself  = "… -record"
	wayAnother = "… and record"
	wayMitm    = "mitmproxy"
)

// proxies measures the scenarios through every way in turn. dir is for the program that is measured and what it records.
func proxies(ctx context.Context, o options, wanted []scenario, dir string, out io.Writer) error {
	target, err := server{wayDirect, self(ctx, "-be", untapped)}.start()
	if err != nil {
		return err
	}
	defer target.stop()
	ways, left, err := waysTo(ctx, target.addr, dir, o.peers)
	if err != nil {
		return err
	}
	for _, l := range left {
		printf(out, "left out: %s\n", l)
	}
	up := []*running{target}
	for _, w := range ways[1:] {
		r, err := w.start()
		if err != nil {
			return err
		}
		defer r.stop()
		up = append(up, r)
		if err := r.fill(ctx); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	for _, s := range wanted {
		samples, tallies, err := through(ctx, o, s, ways, up, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		reportProxies(out, s, ways, samples, tallies)
	}
	return nil
}

// through takes every way once in each repetition, in a new random order.
func through(ctx context.Context, o options, s scenario, ways []way, up []*running, dir string) (map[string][]result, map[string]tally, error) {
	samples, tallies := map[string][]result{}, map[string]tally{}
	for range o.reps {
		for _, i := range rand.Perm(len(ways)) {
			name := ways[i].name
			r, t, err := ways[i].measure(ctx, up[i], s, o.span, dir)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", name, err)
			}
			samples[name] = append(samples[name], r)
			tallies[name] = tallies[name].plus(t)
		}
	}
	return samples, tallies, nil
}

// measure measures one way once. Where something is recorded, what was is forgotten afterwards: a disk has an end.
func (w way) measure(ctx context.Context, r *running, s scenario, span time.Duration, dir string) (res result, t tally, err error) {
	if w.recording == nobody {
		res, err = measure(ctx, r, s, span/4, span)
		return res, t, err
	}
	before, err := r.tally()
	if err != nil {
		return res, t, err
	}
	if w.recording == itself {
		res, err = measure(ctx, r, s, span/4, span)
		settle(r.pid)
		err = errors.Join(err, os.Truncate(filepath.Join(dir, ownRecord), 0))
	} else {
		res, err = beside(ctx, r, s, span, dir)
	}
	after, failed := r.tally()
	return res, after.minus(before), errors.Join(err, failed)
}

// beside measures a way while a record command writes what it sees.
func beside(ctx context.Context, r *running, s scenario, span time.Duration, dir string) (res result, err error) {
	rec, err := record(ctx, r, dir)
	if err != nil {
		return res, err
	}
	res, err = measure(ctx, r, s, span/4, span, rec.cmd.Process.Pid)
	return res, errors.Join(err, rec.end())
}

// ownRecord is the file of the proxy that records itself.
const ownRecord = "itself.tscap"

// waysTo lists the ways that can be had, and says which are left out and why. Ours and mitmproxy are the programs that
// people run, started by their command lines.
func waysTo(ctx context.Context, target, dir string, peers bool) (ways []way, left []string, err error) {
	program := filepath.Join(dir, "tetherscope")
	if err := quietly(exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", program, "github.com/tetherscope/tetherscope")); err != nil {
		return nil, nil, err
	}
	ours := func(more ...string) func() *exec.Cmd {
		return guest{
			Program: append([]string{program, "-addr", "127.0.0.1:0", "-log", "off", "-target", "bench=ws://" + target + "/ws/echo"}, more...),
			Lines:   []string{`console +(http://\S+)`, `bench +ws://([^/]+)/ws/echo`},
		}.command(ctx)
	}
	ways = []way{
		{server{wayDirect, nil}, nobody},
		{server{wayPlain, self(ctx, "-be", plainTo+target)}, nobody},
		{server{wayOurs, ours()}, nobody},
		{server{wayItself, ours("-record", filepath.Join(dir, ownRecord))}, itself},
		{server{wayAnother, ours()}, another},
	}
	if !peers {
		return ways, nil, nil
	}
	mitm, err := mitmproxy(target)
	if err != nil {
		return ways, []string{wayMitm + ": " + err.Error()}, nil
	}
	return append(ways, way{server{wayMitm, mitm.command(ctx)}, nobody}), nil, nil
}

// mitmproxy is mitmdump as a reverse proxy, and quiet: it prints no flows, which would cost it more.
func mitmproxy(target string) (guest, error) {
	program, err := exec.LookPath("mitmdump")
	if err != nil {
		return guest{}, fmt.Errorf("%w (Debian's package mitmproxy)", err)
	}
	at := freeAddress()
	_, port, _ := strings.Cut(at, ":")
	return guest{
		Program: []string{program, "--quiet", "--mode", "reverse:http://" + target, "--listen-host", "127.0.0.1", "--listen-port", port},
		At:      at,
	}, nil
}

// self makes a command that starts this program again.
func self(ctx context.Context, args ...string) func() *exec.Cmd {
	return func() *exec.Cmd { return exec.CommandContext(ctx, os.Args[0], args...) }
}

// command makes a command that starts this program again as the host of g.
func (g guest) command(ctx context.Context) func() *exec.Cmd {
	text, err := json.Marshal(g)
	if err != nil {
		panic(err) // strings can always be marshalled
	}
	return self(ctx, "-host", string(text))
}

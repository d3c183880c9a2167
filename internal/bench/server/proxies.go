package main

import (
	"context"
	"encoding/json"
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
	recorded bool // while a recorder of its own writes to disk what it sees
}

// The ways' names.
const (
	wayDirect   = "direct"
	wayPlain    = "io.Copy"
	wayOurs     = "tetherscope"
	wayRecorded = "tetherscope, recorded"
	wayMitm     = "mitmproxy"
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
		samples, kept, err := through(ctx, o, s, ways, up, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		reportProxies(out, s, ways, samples, kept)
	}
	return nil
}

// through takes every way once in each repetition, in a new random order.
func through(ctx context.Context, o options, s scenario, ways []way, up []*running, dir string) (map[string][]result, recorded, error) {
	samples := map[string][]result{}
	var kept recorded
	for range o.reps {
		for _, i := range rand.Perm(len(ways)) {
			r, k, err := ways[i].measure(ctx, up[i], s, o.span, dir)
			if err != nil {
				return nil, kept, fmt.Errorf("%s: %w", ways[i].name, err)
			}
			samples[ways[i].name] = append(samples[ways[i].name], r)
			kept.add(k)
		}
	}
	return samples, kept, nil
}

// measure measures one way once.
func (w way) measure(ctx context.Context, r *running, s scenario, span time.Duration, dir string) (res result, kept recorded, err error) {
	if !w.recorded {
		res, err = measure(ctx, r, s, span/4, span)
		return res, kept, err
	}
	rec, err := record(ctx, r, dir)
	if err != nil {
		return res, kept, err
	}
	res, err = measure(ctx, r, s, span/4, span, rec.cmd.Process.Pid)
	kept, failed := rec.end()
	if err == nil {
		err = failed
	}
	return res, kept, err
}

// waysTo lists the ways that can be had, and says which are left out and why. Ours and mitmproxy are the programs that
// people run, started by their command lines.
func waysTo(ctx context.Context, target, dir string, peers bool) (ways []way, left []string, err error) {
	program := filepath.Join(dir, "tetherscope")
	if err := quietly(exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", program, "github.com/tetherscope/tetherscope")); err != nil {
		return nil, nil, err
	}
	ours := guest{
		Program: []string{program, "-addr", "127.0.0.1:0", "-log", "off", "-target", "bench=ws://" + target + "/ws/echo"},
		Lines:   []string{`console +(http://\S+)`, `bench +ws://([^/]+)/ws/echo`},
	}
	ways = []way{
		{server{wayDirect, nil}, false},
		{server{wayPlain, self(ctx, "-be", plainTo+target)}, false},
		{server{wayOurs, ours.command(ctx)}, false},
		{server{wayRecorded, ours.command(ctx)}, true},
	}
	if !peers {
		return ways, nil, nil
	}
	mitm, err := mitmproxy(target)
	if err != nil {
		return ways, []string{wayMitm + ": " + err.Error()}, nil
	}
	return append(ways, way{server{wayMitm, mitm.command(ctx)}, false}), nil, nil
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

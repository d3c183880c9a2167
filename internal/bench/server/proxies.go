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

// A route leads to the target, directly or through a proxy.
type route struct {
	candidate
	recording recording
}

// recording is which process writes to a file what a proxy sees.
type recording uint8

const (
	notRecorded recording = iota
	itself                // by -record
	another               // the record command, a program of its own
)

// The names of the routes.
const (
	routeDirect  = "direct"
	routePlain   = "io.Copy"
	routeOurs    = "tetherscope"
	routeItself  = "… -record"
	routeAnother = "… and record"
	routeMitm    = "mitmproxy"
)

// proxies measures the scenarios on every route in turn. dir is for the program that is measured and its recordings.
func proxies(ctx context.Context, o options, wanted []scenario, dir string, out io.Writer) error {
	target, err := candidate{name: routeDirect, command: self(ctx, "-be", untapped)}.start()
	if err != nil {
		return err
	}
	defer target.stop()
	routes, left, err := routesTo(ctx, target.addr, dir, o.peers)
	if err != nil {
		return err
	}
	for _, l := range left {
		printf(out, "left out: %s\n", l)
	}
	up := []*running{target}
	for _, w := range routes[1:] {
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
		samples, tallies, err := through(ctx, o, s, routes, up, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		reportProxies(out, s, routes, samples, tallies)
	}
	return nil
}

// through takes every route once in each repetition, in a new random order.
func through(ctx context.Context, o options, s scenario, routes []route, up []*running, dir string) (map[string][]result, map[string]tally, error) {
	samples, tallies := map[string][]result{}, map[string]tally{}
	for range o.reps {
		for _, i := range rand.Perm(len(routes)) {
			name := routes[i].name
			r, t, err := routes[i].measure(ctx, up[i], s, o.span, dir)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", name, err)
			}
			samples[name] = append(samples[name], r)
			tallies[name] = tallies[name].plus(t)
		}
	}
	return samples, tallies, nil
}

// measure measures one route once. A recording is emptied afterwards, so that the disk does not fill up.
func (w route) measure(ctx context.Context, r *running, s scenario, span time.Duration, dir string) (res result, t tally, err error) {
	if w.recording == notRecorded {
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

// beside measures a route while a record command writes what its proxy sees.
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

// routesTo lists the available routes, and which are left out and why. Our proxy and mitmproxy are started by their command
// lines, as users do.
func routesTo(ctx context.Context, target, dir string, peers bool) (routes []route, left []string, err error) {
	program, err := buildProgram(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	ours := func(more ...string) func() *exec.Cmd {
		return guest{
			Program: append([]string{program, "-addr", "127.0.0.1:0", "-log", "off", "-target", "bench=ws://" + target + "/ws/echo"}, more...),
			Lines:   []string{`console +(http://[^?\s]+)`, `ws://([^/]+)/ws/echo  for programs`},
		}.command(ctx)
	}
	routes = []route{
		{candidate{name: routeDirect, command: nil}, notRecorded},
		{candidate{name: routePlain, command: self(ctx, "-be", plainTo+target)}, notRecorded},
		{candidate{name: routeOurs, command: ours()}, notRecorded},
		{candidate{name: routeItself, command: ours("-record", filepath.Join(dir, ownRecord))}, itself},
		{candidate{name: routeAnother, command: ours()}, another},
	}
	if !peers {
		return routes, nil, nil
	}
	mitm, err := mitmproxy(dir, "reverse:http://"+target)
	if err != nil {
		return routes, []string{routeMitm + ": " + err.Error()}, nil
	}
	return append(routes, route{candidate{name: routeMitm, command: mitm.command(ctx)}, notRecorded}), nil, nil
}

// buildProgram builds the program as users have it, once.
func buildProgram(ctx context.Context, dir string) (program string, err error) {
	program = filepath.Join(dir, "tetherscope")
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	return program, quietly(exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", program, "github.com/tetherscope/tetherscope"))
}

// mitmproxy is mitmdump in a mode, with -q: printing flows would cost it more. Its authority is in dir.
func mitmproxy(dir, mode string) (guest, error) {
	program, err := exec.LookPath("mitmdump")
	if err != nil {
		return guest{}, fmt.Errorf("%w (apt-get install mitmproxy)", err)
	}
	at := freeAddress()
	_, port, _ := strings.Cut(at, ":")
	return guest{
		Program: []string{program, "--quiet", "--mode", mode, "--ssl-insecure", "--set", "confdir=" + filepath.Join(dir, "mitmproxy"), "--listen-host", "127.0.0.1", "--listen-port", port},
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

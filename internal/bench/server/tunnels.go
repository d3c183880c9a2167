package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
)

// tunnelScenarios are what clients do by CONNECT and TLS through forward proxies that read it. The target is our echo with TLS, without its tap.
var tunnelScenarios = []scenario{
	{"tunnel, 64 connections, 128 B", 64, 128, 1, false},
	{"tunnel, 64 connections, 128 B, 16 at once", 64, 128, 16, false},
	{"tunnel, 64 connections, 16 KiB", 64, 16 << 10, 1, false},
}

// idleTunnels is the name of the measurement of memory. Our proxy serves so many clients at once, and no more.
const (
	idleTunnels = "memory of tunnels"
	tunnelCount = 1000
)

// tunnels measures the scenarios on every route in turn, and then what tunnels take that are idle.
func tunnels(ctx context.Context, o options, wanted []scenario, idle bool, dir string, out io.Writer) error {
	target, err := candidate{name: routeDirect, command: self(ctx, "-be", secured)}.start()
	if err != nil {
		return err
	}
	defer target.stop()
	target.secure = true
	routes, err := forwardRoutes(ctx, o, dir, out)
	if err != nil {
		return err
	}
	up := []*running{target}
	for _, w := range routes[1:] {
		r, err := w.through(target)
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
		samples, err := o.inTurn(ctx, s, routes, up)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		reportTunnels(out, s, routes, samples)
	}
	if !idle {
		return nil
	}
	return tunnelMemory(ctx, o, routes[1:], target, out)
}

// through starts a forward proxy on the way to target.
func (s candidate) through(target *running) (*running, error) {
	r, err := s.start()
	if err == nil {
		r.secure, r.tunnel = true, target.addr
	}
	return r, err
}

// forwardRoutes lists the available ways to the target, the direct one first, and prints which are left out and why.
func forwardRoutes(ctx context.Context, o options, dir string, out io.Writer) ([]candidate, error) {
	program, err := buildProgram(ctx, dir)
	if err != nil {
		return nil, err
	}
	ours := guest{
		Program: []string{program, "-addr", "127.0.0.1:0", "-log", "off", "-proxy", "127.0.0.1:0", "-insecure-upstream"},
		Lines:   []string{`console +(http://[^?\s]+)`, `proxy +http://(\S+)`},
	}
	routes := []candidate{{name: routeDirect}, {name: routeOurs, command: ours.command(ctx)}}
	if !o.peers {
		return routes, nil
	}
	mitm, err := mitmproxy(dir, "regular")
	if err != nil {
		printf(out, "left out: %s: %v\n", routeMitm, err)
		return routes, nil
	}
	return append(routes, candidate{name: routeMitm, command: mitm.command(ctx)}), nil
}

// inTurn takes every route once in each repetition, in a new random order.
func (o options) inTurn(ctx context.Context, s scenario, routes []candidate, up []*running) (map[string][]result, error) {
	samples := map[string][]result{}
	for range o.reps {
		for _, i := range rand.Perm(len(routes)) {
			r, err := measure(ctx, up[i], s, o.span/4, o.span)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", routes[i].name, err)
			}
			samples[routes[i].name] = append(samples[routes[i].name], r)
		}
	}
	return samples, nil
}

// reportTunnels prints a scenario. The mean round trip follows from the rate: the number of messages under way over it (Little's law).
func reportTunnels(out io.Writer, s scenario, routes []candidate, samples map[string][]result) {
	printf(out, "\n%s (load average %s)\n%-14s %11s %10s %13s %11s\n", s.name, loadAverage(), "", "messages/s", "of direct", "round trip ms", "CPU µs each")
	for _, w := range routes {
		list := samples[w.name]
		rate := median(each(list, result.rate))
		printf(out, "%-14s %11.0f %10.2f %13.2f %11.2f\n", w.name, rate, median(over(list, samples[routeDirect])), 1000*float64(s.conns*s.window)/rate, median(each(list, result.cpu)))
	}
	if len(samples[routeMitm]) == 0 {
		return
	}
	const least = 10
	ratios := over(samples[routeOurs], samples[routeMitm])
	aim(out, fmt.Sprintf("%s at least %d of %s", routeOurs, least, routeMitm), median(ratios), least, about(ratios))
}

// tunnelMemory prints what idle tunnels take of each proxy, each after one echo through it.
func tunnelMemory(ctx context.Context, o options, routes []candidate, target *running, out io.Writer) error {
	n, why := descriptors(min(o.idle, tunnelCount))
	printf(out, "\n%s, %d idle ones by CONNECT and TLS, each after one echo of 128 B%s\n%-14s %17s\n", idleTunnels, n, why, "", "KiB a tunnel")
	for _, w := range routes {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r, err := w.through(target)
		if err != nil {
			return err
		}
		each, err := r.idle(n-1, o.span, "") // one is opened before the others
		r.stop()
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		printf(out, "%-14s %17s\n", w.name, kibEach(each.resident))
	}
	return nil
}

// kibEach returns what a tunnel takes in KiB. A program that uses less than before it had them says nothing about that.
func kibEach(bytes float64) string {
	if bytes <= 0 {
		return "unknown"
	}
	return strconv.FormatFloat(bytes/1024, 'f', 1, 64)
}

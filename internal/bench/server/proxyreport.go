package main

import (
	"fmt"
	"io"
	"slices"
)

// proxyAims are what our proxy is meant to reach, as a share of another way.
var proxyAims = []struct {
	route, over string
	least       float64
	single      bool // with one message under way only
}{
	{routeOurs, routePlain, 0.8, false},
	{routeOurs, routeDirect, 0.4, true},
	{routeOurs, routeMitm, 10, false},
	{routeItself, routeOurs, 0.9, false},
	{routeAnother, routeOurs, 0.9, false},
}

// reportProxies prints a scenario. Ratios are taken within a repetition; their spread is printed beside their median.
func reportProxies(out io.Writer, s scenario, routes []route, samples map[string][]result, tallies map[string]tally) {
	printf(out, "\n%s (load average %s)\n%-14s %11s %10s %10s %11s\n", s.name, loadAverage(), "", "messages/s", "of direct", "of io.Copy", "CPU µs each")
	for _, w := range routes {
		list := samples[w.name]
		printf(out, "%-14s %11.0f %10.2f %10.2f %11.2f\n", w.name, median(each(list, result.rate)),
			median(over(list, samples[routeDirect])), median(over(list, samples[routePlain])), median(each(list, result.cpu)))
	}
	for _, name := range []string{routeItself, routeAnother} {
		t := tallies[name]
		printf(out, "  %s: %d records, %.1f %% of them too fast for the recorder\n", name, t.records, 100*float64(t.lost)/float64(max(1, t.records)))
	}
	for _, a := range proxyAims {
		if a.single && s.window > 1 || len(samples[a.over]) == 0 {
			continue
		}
		ratios := over(samples[a.route], samples[a.over])
		what := fmt.Sprintf("%s at least %g of %s", a.route, a.least, a.over)
		aim(out, what, median(ratios), a.least, about(ratios))
		printf(out, "       of %d repetitions, which spread from %.2f to %.2f\n", len(ratios), slices.Min(ratios), slices.Max(ratios))
	}
}

// over returns, for each repetition, the rate of one way over that of another.
func over(a, b []result) (ratios []float64) {
	for i := range a {
		ratios = append(ratios, a[i].rate()/b[i].rate())
	}
	return ratios
}

// about returns values as shares of their median.
func about(values []float64) (shares []float64) {
	middle := median(values)
	for _, v := range values {
		shares = append(shares, v/middle)
	}
	return shares
}

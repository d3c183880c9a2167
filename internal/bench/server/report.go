package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Where ours stands in the list of servers.
const (
	oursPlain = iota
	oursAgain
	oursTapped
)

// printf prints the report. Nobody is left to tell when that fails.
func printf(out io.Writer, format string, a ...any) { _, _ = fmt.Fprintf(out, format, a...) }

// conditions prints what the figures depend on.
func conditions(out io.Writer, o options) {
	printf(out, "%s, %s/%s, %d CPUs, load average %s; %d repetitions of %v\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), loadAverage(), o.reps, o.span)
}

// loadAverage returns what the machine is busy with, this benchmark included.
func loadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(b))[:3], " ")
}

// report prints a scenario.
func report(out io.Writer, s scenario, list []server, samples [][]result) {
	unit := "messages/s"
	if s.broadcast {
		unit = "deliveries/s"
	}
	printf(out, "\n%s (load average %s)\n%-20s %13s %7s %11s %7s\n", s.name, loadAverage(), "", unit, "ratio", "CPU µs each", "ratio")
	for i, v := range list {
		rate, cpu := paired(samples, i, result.rate), paired(samples, i, result.cpu)
		printf(out, "%-20s %13.0f %7.2f %11.2f %7.2f\n", v.name, median(each(samples[i], result.rate)), median(rate),
			median(each(samples[i], result.cpu)), median(cpu))
	}
	noise := func(of func(result) float64) string {
		var r []float64
		for k := range samples[oursPlain] {
			r = append(r, of(samples[oursAgain][k])/of(samples[oursPlain][k]))
		}
		return fmt.Sprintf("%.2f–%.2f", slices.Min(r), slices.Max(r))
	}
	printf(out, "  noise, the duplicate over the first: throughput %s, CPU %s\n", noise(result.rate), noise(result.cpu))
	aims(out, s, list, samples)
}

// aims says how ours fares against what it is meant to reach.
func aims(out io.Writer, s scenario, list []server, samples [][]result) {
	at := 0.95
	if s.size > 1<<10 {
		at = 0.85
	}
	got := median(paired(samples, oursTapped, result.rate))
	aim(out, fmt.Sprintf("tapped at least %.2f of untapped", at), got, got >= at)
	for i, v := range list {
		if v.name == nodeWS {
			got := 1 / median(paired(samples, i, result.rate))
			aim(out, "untapped at least 1.30 of "+nodeWS, got, got >= 1.3)
		}
	}
}

func aim(out io.Writer, what string, got float64, reached bool) {
	verdict := "reached"
	if !reached {
		verdict = "NOT reached"
	}
	printf(out, "  aim: %-36s %5.2f  %s\n", what, got, verdict)
}

// paired returns, for each repetition, a server's value over the mean of ours and its duplicate in that repetition.
func paired(samples [][]result, i int, of func(result) float64) []float64 {
	ratios := make([]float64, len(samples[i]))
	for k, r := range samples[i] {
		ratios[k] = 2 * of(r) / (of(samples[oursPlain][k]) + of(samples[oursAgain][k]))
	}
	return ratios
}

func each(list []result, of func(result) float64) []float64 {
	values := make([]float64, len(list))
	for i, r := range list {
		values[i] = of(r)
	}
	return values
}

// median returns the middle of values, and not a number of none.
func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// rate is answers per second.
func (r result) rate() float64 { return float64(r.Answers) / r.Took.Seconds() }

// cpu is the server's CPU time in microseconds for each answer.
func (r result) cpu() float64 {
	return float64(r.CPU) / float64(time.Microsecond) / float64(max(1, r.Answers))
}

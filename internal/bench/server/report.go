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

// The places of our own servers in the list.
const (
	oursPlain = iota
	oursAgain
	oursTapped
)

// printf prints the report. If that fails there is no one to report it to.
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
func report(out io.Writer, s scenario, list []candidate, samples [][]result) {
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
		r := duplicate(samples, of)
		return fmt.Sprintf("%.2f–%.2f", slices.Min(r), slices.Max(r))
	}
	printf(out, "  noise, the duplicate over the first: throughput %s, CPU %s\n", noise(result.rate), noise(result.cpu))
	aims(out, s, list, samples)
}

// duplicate returns, for each repetition, the value of the second untapped server over that of the first.
func duplicate(samples [][]result, of func(result) float64) (ratios []float64) {
	for k := range samples[oursPlain] {
		ratios = append(ratios, of(samples[oursAgain][k])/of(samples[oursPlain][k]))
	}
	return ratios
}

// aims prints beside each aim whether it was reached.
func aims(out io.Writer, s scenario, list []candidate, samples [][]result) {
	at := 0.95
	if s.size > 1<<10 {
		at = 0.85
	}
	noise := duplicate(samples, result.rate)
	aim(out, fmt.Sprintf("tapped at least %.2f of untapped", at), median(paired(samples, oursTapped, result.rate)), at, noise)
	for i, v := range list {
		if v.name == nodeWS {
			aim(out, "untapped at least 1.30 of "+nodeWS, 1/median(paired(samples, i, result.rate)), 1.3, noise)
		}
	}
}

// aim prints a ratio beside the least that it is meant to be.
func aim(out io.Writer, what string, got, least float64, noise []float64) {
	printf(out, "  aim: %-36s %5.2f  %s\n", what, got, verdict(got, least, noise))
}

// verdict says whether a ratio reaches its aim. noise are ratios that would all be 1 on a machine without other work: where one of them is as
// far from 1 as the ratio is from its aim, or there is only one, nothing is known.
func verdict(got, least float64, noise []float64) string {
	band := 1.0
	for _, r := range noise {
		band = max(band, r, 1/r)
	}
	switch {
	case len(noise) < 2, max(got/least, least/got) <= band:
		return "noise"
	case got >= least:
		return "reached"
	}
	return "NOT reached"
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

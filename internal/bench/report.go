package main

import (
	"fmt"
	"slices"
)

// report prints one scenario: medians, and their ratios to plain JavaScript, whose two variants are pooled for that.
func report(s scenario, n, reps int, samples [][]sample) {
	fmt.Printf("\n%s: %d messages of %d bytes, median of %d\n", s.title, n, size, reps)
	if s.name == "pingpong" {
		fmt.Printf("%-20s %9s %7s %9s %9s %11s %7s\n", "", "p50 ms", "ratio", "p99 ms", "ratio", "CPU µs/msg", "ratio")
	} else {
		fmt.Printf("%-20s %11s %7s %11s %7s\n", "", "messages/s", "ratio", "CPU µs/msg", "ratio")
	}
	pooled := slices.Concat(samples[plain], samples[again])
	for i, v := range variants {
		own := samples[i]
		cpu := median(own, sample.cpuOf)
		if s.name == "pingpong" {
			p50, p99 := median(own, sample.p50Of), median(own, sample.p99Of)
			fmt.Printf("%-20s %9.3f %7.2f %9.3f %9.2f %11.1f %7.2f\n", v.name, p50, p50/median(pooled, sample.p50Of),
				p99, p99/median(pooled, sample.p99Of), cpu, cpu/median(pooled, sample.cpuOf))
			continue
		}
		rate := median(own, sample.rateOf)
		fmt.Printf("%-20s %11.0f %7.2f %11.1f %7.2f\n", v.name, rate, rate/median(pooled, sample.rateOf),
			cpu, cpu/median(pooled, sample.cpuOf))
	}
	aims(s, samples, pooled)
}

// aims says how the bridge fares against what it is meant to reach.
func aims(s scenario, samples [][]sample, pooled []sample) {
	if variants[bridged].name == jsVariants[bridged].name {
		jsAims(s, samples, pooled)
		return
	}
	ratio := func(of func(sample) float64) float64 { return median(samples[bridged], of) / median(pooled, of) }
	aim("CPU at most 1.2 of plain JS", ratio(sample.cpuOf), ratio(sample.cpuOf) <= 1.2)
	if s.name == "pingpong" {
		aim("p50 at most 1.1 of plain JS", ratio(sample.p50Of), ratio(sample.p50Of) <= 1.1)
		return
	}
	rate := ratio(sample.rateOf)
	aim("messages/s at least 0.9 of plain JS", rate, rate >= 0.9)
	if s.name == "firehose" {
		rate := median(samples[bridged], sample.rateOf) / median(samples[coder], sample.rateOf)
		aim("messages/s at least 1.8 of coder/websocket", rate, rate >= 1.8)
	}
}

func aim(what string, got float64, reached bool) {
	verdict := "reached"
	if !reached {
		verdict = "NOT reached"
	}
	fmt.Printf("  aim: %-44s %5.2f  %s\n", what, got, verdict)
}

func (s sample) rateOf() float64 { return s.perSecond }
func (s sample) cpuOf() float64  { return s.cpu }
func (s sample) p50Of() float64  { return s.p50 }
func (s sample) p99Of() float64  { return s.p99 }

func median(list []sample, of func(sample) float64) float64 {
	values := make([]float64, len(list))
	for i, s := range list {
		values[i] = of(s)
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

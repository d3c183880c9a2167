package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/tetherscope/tetherscope/internal/bench/native/drive"
)

// report prints a scenario's table and its aims.
func report(w io.Writer, s scenario, clients []*client, results map[string][]drive.Result) {
	of := map[string]figures{}
	for name, list := range results {
		of[name] = s.figures(list)
	}
	printf(w, "\n%s\n", s.name)
	if s.job.Idle > 0 {
		printf(w, "  %-22s %12s %12s\n", "", "KiB each", "goroutines")
		for _, c := range clients {
			f := of[c.name]
			printf(w, "  %-22s %12.1f %12.1f\n", c.name, float64(f.memory)/1024, f.goroutines)
		}
	} else {
		printf(w, "  %-22s %12s %12s %12s %12s\n", "", "messages/s", "of coder", "CPU, µs", "of coder")
		for _, c := range clients {
			f, base := of[c.name], of[coder]
			printf(w, "  %-22s %12.0f %12.2f %12.2f %12.2f\n", c.name, f.rate, f.rate/base.rate, f.cpu, f.cpu/base.cpu)
		}
	}
	for _, line := range s.verdicts(of) {
		printf(w, "  aim: %s\n", line)
	}
}

// figures are the medians of a client.
type figures struct {
	rate, cpu  float64 // messages/s, and microseconds per message
	memory     int64
	goroutines float64
}

func (s scenario) figures(list []drive.Result) figures {
	n := float64(s.job.N)
	return figures{
		rate:       median(list, func(r drive.Result) float64 { return n / r.Took.Seconds() }),
		cpu:        median(list, func(r drive.Result) float64 { return float64(r.CPU.Nanoseconds()) / 1e3 / n }),
		memory:     int64(median(list, func(r drive.Result) float64 { return float64(r.Memory) })),
		goroutines: median(list, func(r drive.Result) float64 { return r.Goroutines }),
	}
}

func median(list []drive.Result, of func(drive.Result) float64) float64 {
	var values []float64
	for _, r := range list {
		values = append(values, of(r))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// verdicts says which aims were reached.
func (s scenario) verdicts(of map[string]figures) (lines []string) {
	say := func(what string, reached bool) {
		verdict := "NOT reached"
		if reached {
			verdict = "reached"
		}
		lines = append(lines, what+": "+verdict)
	}
	mine, base := of[ours], of[coder]
	if s.rate > 0 {
		say(fmt.Sprintf("messages/s ≥ %.2f × coder/websocket: %.2f", s.rate, mine.rate/base.rate), mine.rate/base.rate >= s.rate)
		say(fmt.Sprintf("CPU ≤ %.2f × coder/websocket: %.2f", s.cpu, mine.cpu/base.cpu), mine.cpu/base.cpu <= s.cpu)
	}
	if g, ok := of["gorilla"]; ok && s.overGorilla {
		say(fmt.Sprintf("more messages/s than gorilla: %.2f", mine.rate/g.rate), mine.rate > g.rate)
	}
	if s.memory > 0 {
		say(fmt.Sprintf("idle client ≤ %d KiB: %.1f", s.memory>>10, float64(mine.memory)/1024), mine.memory <= s.memory)
		say(fmt.Sprintf("idle client ≤ %.0f goroutines: %.1f", s.maxGoroutines, mine.goroutines), mine.goroutines <= s.maxGoroutines)
	}
	return lines
}

// printf prints to the report. What cannot be printed is of no use to anything else.
func printf(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

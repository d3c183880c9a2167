package main

import (
	"fmt"
	"io"
	"math"
	"slices"
)

// metric is one figure of a sample.
type metric struct {
	title  string
	of     func(sample) float64
	format string // of the figure in a table
}

var (
	rate = metric{"messages/s", func(s sample) float64 { return s.perSecond }, "%.0f"}
	p50  = metric{"p50, ms", func(s sample) float64 { return s.p50 }, "%.3f"}
	p99  = metric{"p99, ms", func(s sample) float64 { return s.p99 }, "%.3f"}
	cpu  = metric{"CPU, µs per message", func(s sample) float64 { return s.cpu }, "%.1f"}
)

// metricsOf says which figures of a mode mean something.
func metricsOf(m mode) []metric {
	if m == pingpong {
		return []metric{p50, p99, cpu}
	}
	return []metric{rate, cpu}
}

// pooled, in place of a variant's name, means both variants of plain JavaScript together.
const pooled = -1

// goal is what one variant is meant to reach, as the ratio of a figure to that of another variant.
type goal struct {
	of, against int // variants; against may be pooled
	limit       float64
	atLeast     bool // else at most
}

func (g goal) reached(ratio float64) bool {
	if g.atLeast {
		return ratio >= g.limit
	}
	return ratio <= g.limit
}

// String is the goal as the report prints it.
func (g goal) String() string {
	relation, peer := "≤", "plain JS"
	if g.atLeast {
		relation = "≥"
	}
	if g.against != pooled {
		peer = variants[g.against].name
	}
	return fmt.Sprintf("aim: %s %s %.2f × %s", variants[g.of].name, relation, g.limit, peer)
}

// goals of a figure, in a mode.
func goals(m mode, figure string, js bool) (list []goal) {
	throughput, cost := 0.9, 1.2
	if js {
		throughput, cost = 0.95, 1.1
	}
	switch figure {
	case rate.title:
		list = append(list, goal{bridged, pooled, throughput, true})
		if m == firehose && !js {
			list = append(list, goal{bridged, coder, 1.8, true})
		}
	case cpu.title:
		list = append(list, goal{bridged, pooled, cost, false})
	case p50.title:
		if !js {
			list = append(list, goal{bridged, pooled, 1.1, false})
		}
	}
	return list
}

// report prints every figure of every measurement: medians, and beside each its ratio to plain JavaScript, whose two
// variants are pooled for that.
func report(w io.Writer, cells []*cell, o options) {
	for _, m := range modes {
		for _, kind := range kinds {
			row := slices.DeleteFunc(slices.Clone(cells), func(c *cell) bool { return c.Mode != m || c.kind() != kind })
			if len(row) == 0 {
				continue
			}
			_, _ = fmt.Fprintf(w, "\n%s: %s. Medians of %d, (ratio to plain JS)\n", m.title(), kind, o.reps)
			for _, figure := range metricsOf(m) {
				table(w, row, figure, goals(m, figure.title, o.js))
			}
		}
	}
}

// The widths of a table: of its names, and of a figure with its ratio or its verdict.
const nameWidth, columnWidth = 46, 16

// table prints one figure: a line for each variant, a column for each size of message, and below them the aims.
func table(w io.Writer, row []*cell, figure metric, aims []goal) {
	line := func(name string, each func(*cell) string) {
		_, _ = fmt.Fprintf(w, "%-*s", nameWidth, name)
		for _, c := range row {
			_, _ = fmt.Fprintf(w, " %*s", columnWidth, each(c))
		}
		_, _ = fmt.Fprintln(w)
	}
	line(figure.title, func(c *cell) string { return sizeName(c.Size) })
	for i, v := range variants {
		line("  "+v.name, func(c *cell) string {
			return fmt.Sprintf(figure.format+" (%.2f)", c.median(i, figure), c.median(i, figure)/c.median(pooled, figure))
		})
	}
	line("  noise: plain JS against itself", func(c *cell) string {
		return fmt.Sprintf("± %.0f %%", 100*math.Abs(1-c.median(again, figure)/c.median(plain, figure)))
	})
	for _, g := range aims {
		line("  "+g.String(), func(c *cell) string {
			ratio := c.median(g.of, figure) / c.median(g.against, figure)
			return fmt.Sprintf("%.2f %s", ratio, g.verdict(ratio, c.median(again, figure)/c.median(plain, figure)))
		})
	}
}

// verdict says whether a ratio reaches the goal, or that it is no further from it than plain JavaScript was from itself.
func (g goal) verdict(ratio, noise float64) string {
	switch away := ratio / g.limit; {
	case max(away, 1/away) <= max(noise, 1/noise):
		return "noise"
	default:
		return verdict(g.reached(ratio))
	}
}

func verdict(reached bool) string {
	if reached {
		return "reached"
	}
	return "MISSED"
}

// median of one variant, or of plain JavaScript.
func (c *cell) median(variant int, figure metric) float64 {
	if variant == pooled {
		return median(slices.Concat(c.samples[plain], c.samples[again]), figure.of)
	}
	return median(c.samples[variant], figure.of)
}

func median(list []sample, of func(sample) float64) float64 {
	values := make([]float64, len(list))
	for i, s := range list {
		values[i] = of(s)
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

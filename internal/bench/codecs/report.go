package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
)

// report prints a table for each operation and size: medians, and their ratios to JavaScript's own, whose two variants are
// pooled for that.
func report(w io.Writer, list []variant, reps int) {
	for _, op := range []string{"decode", "encode"} {
		for _, size := range []string{"small", "large"} {
			table(w, list, op, size, reps)
		}
	}
}

// own is JavaScript's own function for an operation.
var own = map[string]string{"decode": "JSON.parse", "encode": "JSON.stringify"}

func table(w io.Writer, list []variant, op, size string, reps int) {
	var rows []variant
	var pooled []float64
	for _, v := range list {
		if v.Op != op || v.Size != size {
			continue
		}
		rows = append(rows, v)
		if v.Name == own[op] || v.Name == own[op]+" again" {
			pooled = append(pooled, v.Samples...)
		}
	}
	slices.SortStableFunc(rows, func(a, b variant) int { return cmp.Compare(median(a.Samples), median(b.Samples)) })
	_, _ = fmt.Fprintf(w, "\n%s, %s message, median of %d\n%-28s %7s %12s %16s\n", op, size, reps,
		"", "bytes", "µs/message", "to "+own[op])
	base := median(pooled)
	for _, v := range rows {
		m := median(v.Samples)
		_, _ = fmt.Fprintf(w, "%-28s %7d %12.2f %16.2f\n", v.Name, v.Bytes, m, m/base)
	}
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

package query

import (
	"math"
	"strconv"
	"strings"
)

// unit is what may stand behind a number, and how many of the smallest unit it is.
type unit struct {
	name   string
	factor int64
}

// Sizes in bytes. A k is a thousand and a Ki is 1,024, with or without a B behind.
var sizeUnits = []unit{
	{"gib", 1 << 30},
	{"gi", 1 << 30},
	{"mib", 1 << 20},
	{"mi", 1 << 20},
	{"kib", 1 << 10},
	{"ki", 1 << 10},
	{"gb", 1e9},
	{"g", 1e9},
	{"mb", 1e6},
	{"m", 1e6},
	{"kb", 1e3},
	{"k", 1e3},
	{"b", 1},
}

// Durations in nanoseconds.
var durationUnits = []unit{
	{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"μs", 1e3}, {"ms", 1e6}, {"min", 60e9}, {"s", 1e9}, {"h", 3600e9},
}

// measure reads a number with a unit of a list. Without a unit it must be whole, and the unit is bare.
func measure(text string, units []unit, bare int64) (int64, bool) {
	lower := strings.ToLower(text)
	for _, u := range units {
		if digits, ok := strings.CutSuffix(lower, u.name); ok && digits != "" && isNumber(digits) {
			return scale(digits, u.factor)
		}
	}
	if !isNumber(lower) {
		return 0, false
	}
	return scale(lower, bare)
}

// isNumber keeps out what ParseFloat takes beyond digits: "inf", "0x1p3", "1e9", "1_000".
func isNumber(s string) bool {
	dots := 0
	for _, c := range s {
		if c == '.' {
			dots++
		} else if c < '0' || c > '9' {
			return false
		}
	}
	return dots <= 1 && s != "." && s != ""
}

func scale(digits string, factor int64) (int64, bool) {
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return n * factor, n <= math.MaxInt64/factor
	}
	f, err := strconv.ParseFloat(digits, 64)
	f = math.Round(f * float64(factor))
	return int64(f), err == nil && f < math.MaxInt64
}

// formatSize writes n bytes in the largest unit that says it exactly.
func formatSize(n int64) string {
	return exactly(n, []unit{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"G", 1e9}, {"M", 1e6}, {"KiB", 1 << 10}, {"k", 1e3}, {"", 1}})
}

// formatDuration writes n nanoseconds in the largest unit that says it exactly.
func formatDuration(n int64) string {
	return exactly(n, []unit{{"h", 3600e9}, {"min", 60e9}, {"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}})
}

func exactly(n int64, units []unit) string {
	for _, u := range units {
		if n != 0 && n%u.factor == 0 {
			return strconv.FormatInt(n/u.factor, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10) + units[len(units)-1].name
}

// ratioUnit is what a ratio of 1 is as a whole number: ratios are compared to six places.
const ratioUnit = 1_000_000

func formatRatio(n int64) string { return strconv.FormatFloat(float64(n)/ratioUnit, 'f', -1, 64) }

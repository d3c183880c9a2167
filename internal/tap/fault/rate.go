package fault

import (
	"strconv"
	"strings"
)

// rateUnits are the units of a rate, longest first.
var rateUnits = []struct {
	name  string
	bytes float64
}{{"KiB/s", 1 << 10}, {"MiB/s", 1 << 20}, {"kB/s", 1e3}, {"MB/s", 1e6}, {"B/s", 1}}

// parseRate reads a rate as bytes each second.
func parseRate(text string) (n int, ok bool) {
	for _, u := range rateUnits {
		digits, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		f, err := strconv.ParseFloat(digits, 64)
		f *= u.bytes
		return int(f), err == nil && f >= 1 && f <= 1<<40
	}
	return 0, false
}

// rateText writes bytes each second in the largest unit that says it exactly.
func rateText(n int) string {
	best := rateUnits[len(rateUnits)-1]
	for _, u := range rateUnits {
		if n%int(u.bytes) == 0 && u.bytes > best.bytes {
			best = u
		}
	}
	return strconv.Itoa(n/int(best.bytes)) + best.name
}

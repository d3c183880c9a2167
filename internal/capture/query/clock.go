package query

import (
	"strings"
	"time"
)

// TimeOfDay returns how many nanoseconds after midnight a time is, ns since 1970 UTC, by the clocks of a zone: [Clock] of a row.
func TimeOfDay(ns int64, zone *time.Location) int64 {
	return sinceMidnight(time.Unix(0, ns).In(zone))
}

func sinceMidnight(t time.Time) int64 {
	h, m, s := t.Clock()
	return int64(time.Duration(h)*time.Hour+time.Duration(m)*time.Minute+time.Duration(s)*time.Second) + int64(t.Nanosecond())
}

// parseClock reads a time of day, 14:02, 14:02:11 or 14:02:11.250, and returns the span of nanoseconds that it names: a time without
// seconds is a whole minute, one without a fraction a whole second.
func parseClock(v string) (s span, ok bool) {
	layout, width := "15:04:05", time.Second
	_, fraction, _ := strings.Cut(v, ".")
	switch {
	case strings.Count(v, ":") == 1:
		layout, width = "15:04", time.Minute
	case len(fraction) > 9:
		return span{}, false
	}
	for range fraction {
		width /= 10
	}
	t, err := time.Parse(layout, v)
	if err != nil {
		return span{}, false
	}
	s.lo = sinceMidnight(t)
	s.hi = s.lo + int64(width) - 1
	return s, true
}

// ParseTimeOfDay reads a time of day as a query has it, 14:02, 14:02:11 or 14:02:11.250, and returns how many nanoseconds after midnight
// it begins. The error says what is expected.
func ParseTimeOfDay(text string) (int64, error) {
	s, ok := parseClock(text)
	if !ok {
		return 0, &Error{End: len(text), Message: "“" + text + "” is not a time of day", Hint: fields[Clock].expected()}
	}
	return s.lo, nil
}

// clocks widens a span of times of day from what stands in a query to the end of its last unit: 14:02:11 is the whole second.
func clocks(s span, last string, o op) span {
	if end, ok := parseClock(last); ok {
		s.hi = end.hi
	}
	switch {
	case o == opGt || o == opLe: // behind, or up to, the end of the unit
		s.lo = s.hi
	case o.orders():
		s.hi = s.lo
	}
	return s
}

// formatClock writes a time of day to the nanosecond, without zeros at its end.
func formatClock(n int64) string { return time.Unix(0, n).UTC().Format("15:04:05.999999999") }

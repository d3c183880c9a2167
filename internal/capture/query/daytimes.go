package query

import (
	"regexp"
	"strings"
	"time"
)

// dayTimes is a test of times of day at the end of a query, as [WithTimes] writes it.
var dayTimes = regexp.MustCompile(`(?:^|\s+)time:([0-9:.]*\d)\.\.(\d[0-9:.]*)$`)

// WithTimes returns the text of a query narrowed to rows between two times of day, from lo up to hi in nanoseconds since midnight. It takes the
// place of such times at the end of the text. They are rounded outwards to milliseconds, or to microseconds when there are fewer than 100
// milliseconds between them.
func WithTimes(text string, lo, hi int64) string {
	text, unit, layout := WithoutTimes(text), int64(time.Millisecond), "15:04:05.000"
	if hi-lo+1 < 100*unit {
		unit, layout = int64(time.Microsecond), "15:04:05.000000"
	}
	if q, err := Parse(text); err == nil && q.eitherOr() {
		text = "(" + text + ")"
	}
	clock := func(n int64) string { return time.Unix(0, n-n%unit).UTC().Format(layout) }
	return strings.TrimLeft(text+" time:"+clock(lo)+".."+clock(hi), " ")
}

// eitherOr reports whether a test that follows the query's text would belong to a part of it only.
func (q *Query) eitherOr() bool {
	_, is := q.root.(*anyOf)
	return is
}

// WithoutTimes returns the text of a query without times of day at its end.
func WithoutTimes(text string) string {
	text = strings.TrimRight(text, spaces)
	if _, _, ok := TimesOf(text); ok {
		text = text[:dayTimes.FindStringIndex(text)[0]]
	}
	return text
}

// TimesOf returns the times of day at the end of the text of a query, the last nanosecond included; ok is false when there are none.
func TimesOf(text string) (lo, hi int64, ok bool) {
	m := dayTimes.FindStringSubmatch(strings.TrimRight(text, spaces))
	if m == nil {
		return 0, 0, false
	}
	from, ok1 := parseClock(m[1])
	to, ok2 := parseClock(m[2])
	return from.lo, to.hi, ok1 && ok2 && from.lo <= to.hi
}

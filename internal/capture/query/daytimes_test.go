package query

import (
	"testing"
	"time"
)

// TestWithTimes proves that a range of times of day takes the place of the one before, holds for the whole query, is rounded outwards, and is
// read back.
func TestWithTimes(t *testing.T) {
	const noon = int64(12 * time.Hour)
	for _, c := range []struct {
		text   string
		lo, hi int64
		want   string
	}{
		{"", noon, noon + 5e9, "time:12:00:00.000..12:00:05.000"},
		{"op:text ", noon + 1_999_999, noon + 5e9 + 1, "op:text time:12:00:00.001..12:00:05.000"},
		{"op:text", noon, noon + 7_654, "op:text time:12:00:00.000000..12:00:00.000007"},
		{"op:text time:12:00:00.000..12:00:05.000", noon + 1e9, noon + 2e9, "op:text time:12:00:01.000..12:00:02.000"},
		{"time:12:00..13:00", noon + 1e9, noon + 2e9, "time:12:00:01.000..12:00:02.000"},
		{"a or b", noon, noon + 5e9, "(a or b) time:12:00:00.000..12:00:05.000"},
		{"(a or b)", noon, noon + 5e9, "((a or b)) time:12:00:00.000..12:00:05.000"},
		{"a (b or c)", noon, noon + 5e9, "a (b or c) time:12:00:00.000..12:00:05.000"},
		{`"time:12:00..13:00"`, noon, noon + 5e9, `"time:12:00..13:00" time:12:00:00.000..12:00:05.000`},
	} {
		got := WithTimes(c.text, c.lo, c.hi)
		if _, err := Parse(got); err != nil || got != c.want {
			t.Errorf("%q: %q, %v, want %q", c.text, got, err, c.want)
		}
		if lo, hi, ok := TimesOf(got); !ok || lo > c.lo || hi < c.hi || c.lo-lo >= int64(time.Millisecond) || hi-c.hi >= int64(time.Millisecond) {
			t.Errorf("%q: from %d to %d, %v; want %d to %d", got, lo, hi, ok, c.lo, c.hi)
		}
	}
	for text, want := range map[string]string{"a time:12:00..13:00": "a", "time:1:00..2:00": "", "time:14:02": "time:14:02", "a time:25:00..26:00": "a time:25:00..26:00", "": ""} {
		if got := WithoutTimes(text); got != want {
			t.Errorf("without times %q is %q, want %q", text, got, want)
		}
	}
}

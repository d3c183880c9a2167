package query

import (
	"testing"
	"time"
)

// TestTimesOfDay: a time names its whole minute, second or fraction, spans reach to the end of their last one, and what is no time is
// refused with what to write.
func TestTimesOfDay(t *testing.T) {
	at := func(s string) fakeRow {
		w, err := time.Parse(time.DateTime, "2026-01-02 "+s)
		if err != nil {
			t.Fatal(err)
		}
		return fakeRow{numbers: map[Field]int64{Clock: TimeOfDay(w.UnixNano(), time.UTC)}}
	}
	for _, c := range []struct {
		query   string
		in, out []string
	}{
		{"time:14:02:11..14:02:15", []string{"14:02:11", "14:02:15.999"}, []string{"14:02:10.999", "14:02:16"}},
		{"time:14:02", []string{"14:02:00", "14:02:59.999999999"}, []string{"14:01:59.9", "14:03:00", "15:02:00"}},
		{"time:14:02:11.25", []string{"14:02:11.25", "14:02:11.259"}, []string{"14:02:11.26", "14:02:11"}},
		{"time>14:02:11", []string{"14:02:12"}, []string{"14:02:11.5", "14:02:11"}},
		{"time>=14:02:11", []string{"14:02:11"}, []string{"14:02:10.9"}},
		{"time<=14:02:11", []string{"14:02:11.9", "00:00:00"}, []string{"14:02:12"}},
		{"time<14:02:11", []string{"14:02:10.9"}, []string{"14:02:11"}},
		{"clock!=14:02", []string{"14:03:00"}, []string{"14:02:30"}},
	} {
		q, err := Parse(c.query)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(q.String())
		if err != nil {
			t.Fatalf("%s as %s: %v", c.query, q, err)
		}
		for _, q := range []*Query{q, again} {
			for _, s := range c.in {
				if !q.Match(at(s)) {
					t.Errorf("%s (%s) does not find %s", c.query, q, s)
				}
			}
			for _, s := range c.out {
				if q.Match(at(s)) {
					t.Errorf("%s (%s) finds %s", c.query, q, s)
				}
			}
		}
	}
	for text, hint := range map[string]string{
		"time:14":             "write a time such as 14:02 or 14:02:11.5",
		"time:25:00":          "write a time such as 14:02 or 14:02:11.5",
		"time:14:02:11.":      "",
		"time:5s..10s":        "did you mean at:5s?",
		"time:14:03..14:02":   "did you mean time:14:02..14:03?",
		"time:14:02:11-14:03": "did you mean time:14:02:11..14:03?",
	} {
		_, err := Parse(text)
		if e, ok := err.(*Error); text != "time:14:02:11." && (!ok || e.Hint != hint) { //nolint:errorlint // Parse wraps nothing
			t.Errorf("%s: %#v, want the hint %q", text, err, hint)
		}
	}
}

// TestTimeOfDayIsThatOfTheZone, on both sides of midnight.
func TestTimeOfDayIsThatOfTheZone(t *testing.T) {
	ns := time.Date(2026, 1, 2, 23, 30, 0, 5, time.UTC).UnixNano()
	if got, want := TimeOfDay(ns, time.FixedZone("", 3600)), int64(30*time.Minute)+5; got != want {
		t.Errorf("%d, want %d", got, want)
	}
}

package app

import "time"

// window limits one client: at most len(times) messages within any period. It remembers when the last ones came, so it
// has no edge at which twice as many pass.
type window struct {
	times  []time.Time // a ring of the last messages; a zero time is a free place
	next   int
	period time.Duration
}

func newWindow(messages int, period time.Duration) *window {
	return &window{times: make([]time.Time, messages), period: period}
}

// allow counts one message at now and reports whether it is within the limit.
func (w *window) allow(now time.Time) bool {
	oldest := &w.times[w.next]
	if !oldest.IsZero() && now.Sub(*oldest) < w.period {
		return false
	}
	*oldest = now
	w.next = (w.next + 1) % len(w.times)
	return true
}

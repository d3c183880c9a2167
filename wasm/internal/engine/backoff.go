package engine

import "time"

// Backoff plans the attempts: see tether.Backoff for its fields. The window grows from Base by Factor up to Max, and the delay is drawn evenly from zero
// to the whole window ("full jitter"), after the cap and before the first retry too: however many clients lose their
// server in the same instant, they come back spread out.
type Backoff struct {
	Base        time.Duration // the first window; default 1 s
	Max         time.Duration // the largest window; default 30 s
	Factor      float64       // growth by each failure; default 2, at least 1
	MinUptime   time.Duration // a connection this old on which something arrived resets the growth, and so does one ten times as old; default 5 s
	MaxAttempts int           // failures in a row after which the client stops; 0: never
}

// DefaultBackoff is the backoff of a client without options.
var DefaultBackoff = Backoff{Base: time.Second, Max: 30 * time.Second, Factor: 2, MinUptime: 5 * time.Second}

// Filled returns b with defaults where it says nothing.
func (b Backoff) Filled() Backoff {
	if b.Base == 0 {
		b.Base = DefaultBackoff.Base
	}
	if b.Max == 0 {
		b.Max = max(b.Base, DefaultBackoff.Max)
	}
	if b.Factor == 0 {
		b.Factor = DefaultBackoff.Factor
	}
	if b.MinUptime == 0 {
		b.MinUptime = DefaultBackoff.MinUptime
	}
	return b
}

// Problem says what is wrong with b, or nothing.
func (b Backoff) Problem() string {
	switch {
	case b.Base < 0 || b.Max < 0 || b.MinUptime < 0 || b.MaxAttempts < 0:
		return "negative value"
	case b.Max < b.Base:
		return "Max is smaller than Base"
	case !(b.Factor >= 1 && b.Factor <= 100):
		return "Factor must be between 1 and 100"
	}
	return ""
}

// window returns the window before the n-th retry in a row, n from 1.
func (b Backoff) window(n int) time.Duration {
	w := float64(b.Base)
	for i := 1; i < n && w < float64(b.Max); i++ {
		w *= b.Factor
	}
	return time.Duration(min(w, float64(b.Max)))
}

// Delay draws the delay before the n-th retry: random is in [0,1). What the policy asks for comes on top of, never
// instead of, the jitter.
func (b Backoff) Delay(n int, d Decision, random float64) time.Duration {
	return d.After + time.Duration(random*float64(max(d.Spread, b.window(n))))
}

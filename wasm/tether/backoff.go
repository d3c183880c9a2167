package tether

import "time"

// Backoff plans the attempts. The window grows from Base by Factor up to Max, and the delay is drawn evenly from zero
// to the whole window ("full jitter"), after the cap and before the first retry too: however many clients lose their
// server in the same instant, they come back spread out.
type Backoff struct {
	Base        time.Duration // the first window; default 1 s
	Max         time.Duration // the largest window; default 30 s
	Factor      float64       // growth by each failure; default 2, at least 1
	MinUptime   time.Duration // a connection this old on which something arrived resets the growth, and so does one ten times as old; default 5 s
	MaxAttempts int           // failures in a row after which the client stops; 0: never
}

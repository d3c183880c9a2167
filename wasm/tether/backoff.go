package tether

import (
	"time"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// Backoff plans the attempts. The window grows from Base by Factor up to Max, and the delay is drawn evenly from zero
// to the whole window ("full jitter"), after the cap and before the first retry too: however many clients lose their
// server in the same instant, they come back spread out. A field that is zero means the default.
type Backoff struct {
	Base        time.Duration // the first window; default 1 s
	Max         time.Duration // the largest window; default 30 s
	Factor      float64       // growth by each failure; default 2, at least 1
	MinUptime   time.Duration // a connection this old on which something arrived resets the growth, and so does one ten times as old; default 5 s
	MaxAttempts int           // failures in a row after which the client stops; 0: never
}

// Delay returns how long a client with this backoff waits before the n-th attempt after a good connection, n from 1, when its policy has
// decided d and random, in [0,1), was drawn. A simulation of many clients needs no more of them. Fields that are zero have their defaults.
func (b Backoff) Delay(n int, d Decision, random float64) time.Duration {
	return engine.Backoff(b).Filled().Delay(n, engine.Decision(d), random)
}

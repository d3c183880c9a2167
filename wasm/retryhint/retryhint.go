package retryhint

import (
	"math"
	"strconv"
	"sync/atomic"
	"time"
)

// Longest is the longest wait that clients accept; a longer one is cut to it.
const Longest = 24 * time.Hour

// After returns the hint that asks a client to reconnect no sooner than after d. The client adds its own jitter. Fractions of
// a millisecond are dropped, and a negative d is 0.
func After(d time.Duration) string {
	d = min(max(d, 0), Longest)
	return `{"retry":` + strconv.FormatInt(d.Milliseconds(), 10) + `}`
}

// Stop returns the hint that asks a client not to reconnect, whatever the close code says.
func Stop() string { return `{"reconnect":false}` }

// Reconnect returns the hint that asks a client to reconnect although the close code would stop it.
func Reconnect() string { return `{"reconnect":true}` }

// Spreader spreads the clients of a server that drains over a window of time. It may be used by any goroutine.
type Spreader struct {
	window time.Duration
	served atomic.Uint64
}

// Spread returns a [Spreader] for a window that begins now. It need not know how many clients there are: however many hints
// are taken from it, their times lie evenly in the window. When several servers drain at once, each with its own Spreader,
// the times of each are even, and so are all together.
func Spread(window time.Duration) *Spreader {
	return SpreadFrom(window, uint64(time.Now().UnixNano())) // servers that drain at once do not begin at the same place
}

// SpreadFrom is [Spread] for simulations and tests: the same place gives the same hints each time.
func SpreadFrom(window time.Duration, place uint64) *Spreader {
	s := &Spreader{window: min(max(window, 0), Longest)}
	s.served.Store(place % 1_000_003)
	return s
}

// golden is the fractional part of the golden ratio. Its multiples, modulo 1, are the most even sequence there is.
const golden = math.Phi - 1

// Next returns the hint for the next client.
func (s *Spreader) Next() string {
	_, place := math.Modf(float64(s.served.Add(1)) * golden)
	return After(time.Duration(place * float64(s.window)))
}

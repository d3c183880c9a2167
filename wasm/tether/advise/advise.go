package advise

import (
	"math"
	"strconv"
	"sync/atomic"
	"time"
)

// Longest is the longest wait that clients obey; a longer one is cut to it.
const Longest = 24 * time.Hour

// Retry returns the reason that asks a client to come back no sooner than after d. Its own jitter comes on top. Fractions
// of a millisecond are dropped, and a negative d is 0.
func Retry(d time.Duration) string {
	d = min(max(d, 0), Longest)
	return `{"retry":` + strconv.FormatInt(d.Milliseconds(), 10) + `}`
}

// Stop returns the reason that asks a client not to come back, whatever the close code says.
func Stop() string { return `{"reconnect":false}` }

// Reconnect returns the reason that asks a client to come back although the close code would stop it.
func Reconnect() string { return `{"reconnect":true}` }

// Drainer hands out places in a window of time. It may be used by any goroutine.
type Drainer struct {
	window time.Duration
	served atomic.Uint64
}

// Drain returns a [Drainer] that spreads the clients of a server, or of a fleet, over a window that begins now. It need
// not know how many there are: however many ask, their places lie evenly in it. When several servers drain at once, each
// with its own Drainer, the places of each are even, and so are all together.
func Drain(window time.Duration) *Drainer {
	d := &Drainer{window: min(max(window, 0), Longest)}
	d.served.Store(uint64(time.Now().UnixNano()) % 1_000_003) // servers that drain at once do not begin at the same place
	return d
}

// golden is the part of the golden ratio behind the point. Its multiples, modulo 1, are the evenest sequence there is.
const golden = math.Phi - 1

// Next returns the reason for the next client.
func (d *Drainer) Next() string {
	_, place := math.Modf(float64(d.served.Add(1)) * golden)
	return Retry(time.Duration(place * float64(d.window)))
}

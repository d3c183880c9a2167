package engine

import "time"

// Clock counts the time that has passed since the client was made, the time that the machine was asleep included.
//
// A monotonic clock may stand still while the device sleeps, and a wall clock may be set. So the larger of the two steps
// counts, but a wall clock only when it ran ahead by more than a second, and nothing ever goes back. Setting the clock
// forward thus looks like a sleep: what follows from that is a probe, never a verdict (P6).
type Clock struct {
	total time.Duration
	mono  time.Duration
	wall  int64 // nanoseconds since 1970
}

// Advance takes the present readings and returns the total.
func (c *Clock) Advance(mono time.Duration, wall int64) time.Duration {
	if c.wall == 0 {
		c.mono, c.wall = mono, wall
	}
	step := max(0, mono-c.mono)
	if slept := time.Duration(wall - c.wall); slept > step+time.Second {
		step = slept
	}
	c.mono, c.wall = mono, wall
	c.total += step
	return c.total
}

package fault

import "time"

// chance generates random numbers that depend only on its seed: SplitMix64 over a hash of the seed's parts.
type chance uint64

// draw returns the random numbers of one decision.
func draw(parts ...uint64) chance {
	c := chance(0x9E3779B97F4A7C15)
	for _, p := range parts {
		c = chance(mix(uint64(c) ^ mix(p+0x9E3779B97F4A7C15)))
	}
	return c
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func (c *chance) next() uint64 {
	*c += 0x9E3779B97F4A7C15
	return mix(uint64(*c))
}

// hit reports whether something with probability p happens.
func (c *chance) hit(p float64) bool {
	return p >= 1 || float64(c.next()>>11)/(1<<53) < p
}

// below returns a number from 0 up to n, without n; 0 for n below 1.
func (c *chance) below(n int) int {
	if n < 1 {
		return 0
	}
	return int(c.next() % uint64(n))
}

// between returns a duration from one to another.
func (c *chance) between(from, to time.Duration) time.Duration {
	if to <= from {
		return from
	}
	return from + time.Duration(c.next()%uint64(to-from+1))
}

// key returns a masking key.
func (c *chance) key() [4]byte {
	n := c.next()
	return [4]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}
}

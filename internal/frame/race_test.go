//go:build race

package frame

// underRace: the race detector throws away a part of what is put into a sync.Pool, so allocations cannot be counted.
const underRace = true

//go:build !race

package wire

// raceEnabled says that the race detector watches.
const raceEnabled = false

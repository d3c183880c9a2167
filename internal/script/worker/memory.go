package worker

import (
	"runtime/metrics"
	"time"
)

const (
	// ownMemory is what the process uses without a script, in bytes: twice as much as was measured.
	ownMemory = 64 << 20

	lookEvery = 5 * time.Millisecond
)

// look calls a function every few milliseconds until it returns false or end is closed.
func look(end <-chan struct{}, again func() bool) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-end:
			return
		case <-tick.C:
			if !again() {
				return
			}
		}
	}
}

// heap returns how many bytes the objects of the heap occupy, dead ones that were not collected yet included.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

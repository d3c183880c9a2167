package fleet

import (
	"context"
	"errors"
	"time"
)

// trips is how many times the other node is asked for its time. The fastest answer counts.
const trips = 8

// reading is one answer: how far the other clock is ahead of ours, and how long it took to ask. The truth is at most half of that away.
type reading struct {
	ahead, took time.Duration
}

// read makes a reading: what was asked at before and answered at after, when the other clock showed there.
func read(before, after, there time.Time) reading {
	took := max(after.Sub(before), 0)
	return reading{there.Sub(before.Add(took / 2)), took}
}

// measure asks several times, and returns the fastest answer. ask returns when the question is answered.
func measure(ctx context.Context, now func() time.Time, ask func(context.Context) (there time.Time, err error)) (best reading, err error) {
	for i := range trips {
		before := now()
		there, err := ask(ctx)
		if err != nil {
			return best, err
		}
		if r := read(before, now(), there); i == 0 || r.took < best.took {
			best = r
		}
	}
	return best, nil
}

// errLate says that a peer has not answered in time.
var errLate = errors.New("it has not answered in time")

package main

import (
	"os"
	"strings"
	"testing"
)

// TestMain lets the program start itself as the server.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "-be-server" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestSoak: after some losses of each kind both processes hold what they held before, and every answer was right.
func TestSoak(t *testing.T) {
	p := look()
	p.every = 0
	var out strings.Builder
	if err := soak(t.Context(), p, &out); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// TestALeakFails: what is not given back is reported, whichever of the three it is.
func TestALeakFails(t *testing.T) {
	p := plan{people: 1, rounds: 3, each: 1}
	fine := tally{answered: 3, by: [len(losses)]int{1, 1, 1}}
	base := both{server: holding{5 << 20, 10, 10}, tethers: holding{1 << 20, 5, 5}}
	for name, c := range map[string]struct {
		tally tally
		edit  func(*both)
		well  bool
	}{
		"nothing held":    {fine, func(b *both) { b.server.Goroutines += 2; b.tethers.Descriptors -= 2 }, true},
		"a smaller heap":  {fine, func(b *both) { b.server.Heap = 0 }, true},
		"goroutines":      {fine, func(b *both) { b.server.Goroutines += 3 }, false},
		"descriptors":     {fine, func(b *both) { b.tethers.Descriptors += 3 }, false},
		"heap":            {fine, func(b *both) { b.tethers.Heap += 2 << 20 }, false},
		"a wrong answer":  {tally{answered: 3, wrong: 1, by: fine.by}, func(*both) {}, false},
		"a lost message":  {tally{answered: 2, by: fine.by}, func(*both) {}, false},
		"a loss too few":  {tally{answered: 3, by: [len(losses)]int{1, 1, 0}}, func(*both) {}, false},
		"too few threads": {fine, func(b *both) { b.server.Goroutines -= 3 }, false},
	} {
		after := base
		c.edit(&after)
		if got := report(&strings.Builder{}, p, c.tally, 0, base, after); got != c.well {
			t.Errorf("%s: %t", name, got)
		}
	}
}

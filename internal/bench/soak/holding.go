package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"time"
)

// holding is what a process holds on to.
type holding struct {
	Heap        int64 // bytes alive
	Goroutines  int
	Descriptors int
}

// held looks at this process.
func held() (h holding) {
	runtime.GC() // the second run takes what finalizers and pools kept over the first
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.Heap, h.Goroutines = int64(m.HeapAlloc), runtime.NumGoroutine()
	if d, err := os.Open("/dev/fd"); err == nil {
		names, _ := d.Readdirnames(-1)
		_ = d.Close() // it was only read
		h.Descriptors = len(names) - 1
	}
	return h
}

// The most that may be held longer.
const (
	spareCount = 2
	spareHeap  = 1 << 20
)

// like reports whether nothing of h is more than spare away from what base had. A heap that shrank is no leak.
func (h holding) like(base holding) bool {
	return abs(h.Goroutines-base.Goroutines) <= spareCount && abs(h.Descriptors-base.Descriptors) <= spareCount &&
		h.Heap-base.Heap <= spareHeap
}

func abs(n int) int { return max(n, -n) }

// both are the server and the tethers' process.
type both struct{ server, tethers holding }

// calm is how many looks in a row must be alike before they are a base: connections that were closed take a moment to be
// gone, and longest on the server, which may notice at its next heartbeat only.
const calm = 14

// pair waits until both processes hold what they held at base, or patience ends. Without a base it waits until they hold
// the same for a while.
func (s *child) pair(patience time.Duration, base *both) (now both, err error) {
	http.DefaultClient.CloseIdleConnections()
	var last both
	alike := 0
	for end := time.Now().Add(patience); ; time.Sleep(250 * time.Millisecond) {
		now.tethers = held()
		if now.server, err = s.holds(); err != nil {
			return now, err
		}
		want := last
		if base != nil {
			want = *base
		}
		alike++
		if !now.server.like(want.server) || !now.tethers.like(want.tethers) {
			alike, last = 0, now
		}
		if base != nil && alike > 0 || alike >= calm || time.Now().After(end) {
			return now, nil
		}
	}
}

// report prints what was done and held, and whether that is well.
func report(out io.Writer, p plan, t tally, took time.Duration, before, after both) bool {
	printf := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format, a...) }
	printf("%d tethers: %d messages answered, %d wrongly, and %d connections lost (%s) in %v\n\n",
		p.people, t.answered, t.wrong, t.lost(), t.kinds(), took.Round(time.Second))
	printf("%-22s %9s %9s %9s\n", "", "before", "after", "growth")
	row := func(what string, a, b int64) { printf("%-22s %9d %9d %+9d\n", what, a, b, b-a) }
	for _, side := range []struct {
		name string
		a, b holding
	}{{"server", before.server, after.server}, {"tethers", before.tethers, after.tethers}} {
		row(side.name+", heap KiB", side.a.Heap>>10, side.b.Heap>>10)
		row(side.name+", goroutines", int64(side.a.Goroutines), int64(side.b.Goroutines))
		row(side.name+", descriptors", int64(side.a.Descriptors), int64(side.b.Descriptors))
	}
	well := after.server.like(before.server) && after.tethers.like(before.tethers) && t.wrong == 0 &&
		t.answered == p.people*p.rounds*p.each && t.lost() == p.people*p.rounds
	verdict := "\nback to where it was\n"
	if !well {
		verdict = "\nNOT back to where it was\n"
	}
	printf("%s", verdict)
	return well
}

package redact_test

import (
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/redact"
)

// TestWorkIsProportional proves that no head makes redaction slow: text that is decoded in many ways, and runs that look like the start
// of something. It compares the processor time of this thread, which other programs on the machine do not change much: a text eight times as
// long may take three times as long as eight short ones, for caches and the collector, where work that grows with the square takes eight times
// that. Folded lines once did. The clock of the system may tick every 4 ms: less than four ticks prove nothing.
func TestWorkIsProportional(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const times, most, ticks = 8, 3, 16 * time.Millisecond
	for _, unit := range []string{
		"a=%61", "a=b+", "%2561=%253D", "eyJ-", "eyJhbGci.", "=ey", "token=", "\"a\":\"", "a='b\"", "{a:", "//u:", "bearer ", "a,b", "a , ", "sk-",
		"  =", "\r\n ", ";a=%3D", "&a=%26b%3D", "a b: ", " x:y",
	} {
		small, large := cost(t, unit, 4<<10, times), cost(t, unit, times*4<<10, 1)
		t.Logf("%q: 8 times 8 KiB %v, 64 KiB %v", unit, small, large)
		if large > most*max(small, ticks) {
			t.Errorf("%q: 8 times 8 KiB took %v, 64 KiB %v", unit, small, large)
		}
	}
}

// cost is the median processor time for so many heads that are filled with unit twice, size bytes each.
func cost(t *testing.T, unit string, size, heads int) time.Duration {
	t.Helper()
	fill := strings.Repeat(unit, size/len(unit))
	head := []byte("GET /?" + fill + " HTTP/1.1\r\nX-A: " + fill + "\r\n\r\n")
	times := make([]time.Duration, 3)
	for i := range times {
		began := processor(t)
		for range heads {
			redact.Head(head)
		}
		times[i] = processor(t) - began
	}
	slices.Sort(times)
	return times[1]
}

// processor is the processor time that this thread has used.
func processor(t *testing.T) time.Duration {
	t.Helper()
	const thread = 1 // RUSAGE_THREAD
	var used syscall.Rusage
	if err := syscall.Getrusage(thread, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

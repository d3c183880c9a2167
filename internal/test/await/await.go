package await

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

const (
	// Limit is how long a wait may take outside of a bubble of testing/synctest. The deadline of the test binary
	// (go test -timeout) shortens it, so that the failure is reported before the binary is killed.
	Limit = time.Minute

	bubbleLimit = time.Hour             // of a bubble's clock
	grace       = 5 * time.Second       // what is left to report a failure before the test binary is killed
	pollFirst   = time.Millisecond      // the pause after the first look at a condition; it doubles
	pollMost    = 20 * time.Millisecond // until it is this long
	stackBytes  = 512 << 10             // of all goroutines' stacks, printed with a failure
)

// TB is what a wait needs of a test: *testing.T, *testing.B and *rapid.T have it.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Receive waits for a value on ch and returns it. A closed channel fails the test.
func Receive[T any](t TB, ch <-chan T) T {
	t.Helper()
	timer := time.NewTimer(limit(t))
	defer timer.Stop()
	select {
	case v, ok := <-ch:
		if !ok {
			t.Fatalf("%s: %T was closed, want a value", caller(), ch)
		}
		return v
	case <-timer.C:
		expired(t, fmt.Sprintf("a value on %T", ch))
	}
	panic("unreachable: Fatalf ends the goroutine")
}

// Send waits until ch takes v.
func Send[T any](t TB, ch chan<- T, v T) {
	t.Helper()
	timer := time.NewTimer(limit(t))
	defer timer.Stop()
	select {
	case ch <- v:
	case <-timer.C:
		expired(t, fmt.Sprintf("a receiver on %T", ch))
	}
}

// Closed waits for ch to be closed. A value on it fails the test.
func Closed[T any](t TB, ch <-chan T) {
	t.Helper()
	timer := time.NewTimer(limit(t))
	defer timer.Stop()
	select {
	case v, ok := <-ch:
		if ok {
			t.Fatalf("%s: received %v on %T, want it closed", caller(), v, ch)
		}
	case <-timer.C:
		expired(t, fmt.Sprintf("the close of %T", ch))
	}
}

// Until waits for a condition by polling it. What is the condition in words: "two subscribers are connected".
// Prefer a channel where the program offers one.
func Until(t TB, what string, condition func() bool) {
	t.Helper()
	end := time.Now().Add(limit(t))
	for pause := pollFirst; !condition(); pause = min(2*pause, pollMost) {
		if time.Now().After(end) {
			expired(t, what)
		}
		time.Sleep(pause)
	}
}

// Group waits for wg.
func Group(t TB, wg *sync.WaitGroup) {
	t.Helper()
	Return(t, "the goroutines of a sync.WaitGroup", wg.Wait)
}

// Return calls f in a goroutine of its own and waits for it to return: for calls that block and take no context.
func Return(t TB, what string, f func()) {
	t.Helper()
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		f()
	}()
	timer := time.NewTimer(limit(t))
	defer timer.Stop()
	select {
	case <-returned:
	case <-timer.C:
		expired(t, what)
	}
}

// Context returns a context that is cancelled at the deadline of a wait, and when the test ends: for calls that take one.
func Context(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), limit(t))
	t.Cleanup(cancel)
	return ctx
}

// limit is how long a wait of t may take.
func limit(t TB) (d time.Duration) {
	test, ok := t.(interface{ Deadline() (time.Time, bool) })
	if !ok {
		return Limit
	}
	// Deadline panics inside a bubble: the binary's deadline is not a time of the bubble's clock.
	defer func() {
		if recover() != nil {
			d = bubbleLimit
		}
	}()
	if deadline, ok := test.Deadline(); ok {
		return min(Limit, max(time.Until(deadline)-grace, time.Second))
	}
	return Limit
}

// expired fails the test: what did not happen in time, where that was awaited, and what every goroutine is doing.
func expired(t TB, what string) {
	t.Helper()
	stacks := make([]byte, stackBytes)
	stacks = stacks[:runtime.Stack(stacks, true)]
	t.Fatalf("%s: waited in vain for %s\n\nall goroutines:\n%s", caller(), what, stacks)
}

// caller is the file and line of the first frame outside of this file.
func caller() string {
	pcs := make([]uintptr, 16)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	first, more := frames.Next()
	for f := first; more; {
		if f, more = frames.Next(); f.File != first.File {
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		}
	}
	return "unknown line"
}

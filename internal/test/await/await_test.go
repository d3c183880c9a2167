package await

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// failing is a test that records how it failed. Its deadline makes every wait last a second.
type failing struct{ message string }

func (*failing) Helper() {}

func (*failing) Deadline() (time.Time, bool) { return time.Now(), true }

func (f *failing) Fatalf(format string, args ...any) {
	f.message = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// failure runs a wait in a goroutine of its own and returns how it failed: "" for a wait that succeeded.
func failure(wait func(t TB)) string {
	f := &failing{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		wait(f)
	}()
	<-done // every wait of a failing test ends after a second
	return f.message
}

// TestAWaitReturnsWhatItWaitedFor: each kind of wait that is answered returns at once and fails nothing.
func TestAWaitReturnsWhatItWaitedFor(t *testing.T) {
	values := make(chan int, 1)
	Send(t, values, 7)
	if got := Receive(t, values); got != 7 {
		t.Errorf("received %d, want 7", got)
	}
	close(values)
	Closed(t, values)

	var group sync.WaitGroup
	group.Go(func() {})
	Group(t, &group)
	Return(t, "nothing", func() {})

	looks := 0
	Until(t, "the third look", func() bool { looks++; return looks == 3 })
	if _, has := Context(t).Deadline(); !has {
		t.Error("the context has no deadline")
	}
}

// TestAWaitInVainSaysWhatItWaitedFor: with the line of the test and the stacks of all goroutines.
func TestAWaitInVainSaysWhatItWaitedFor(t *testing.T) {
	for name, c := range map[string]struct {
		wait func(t TB)
		want string
	}{
		"receive": {func(t TB) { Receive(t, make(chan int)) }, "a value on <-chan int"},
		"send":    {func(t TB) { Send(t, make(chan int), 1) }, "a receiver on chan<- int"},
		"closed":  {func(t TB) { Closed(t, make(chan int)) }, "the close of <-chan int"},
		"until":   {func(t TB) { Until(t, "the sun", func() bool { return false }) }, "the sun"},
		"return":  {func(t TB) { Return(t, "a call", func() { select {} }) }, "a call"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := failure(c.wait)
			for _, part := range []string{c.want, "await_test.go:", "goroutine ", "TestAWaitInVainSaysWhatItWaitedFor"} {
				if !strings.Contains(got, part) {
					t.Errorf("the failure does not have %q:\n%.400s", part, got)
				}
			}
		})
	}
}

// TestAChannelThatAnswersOtherwiseFails: a close where a value is awaited, and a value where a close is.
func TestAChannelThatAnswersOtherwiseFails(t *testing.T) {
	ch := make(chan int, 1)
	ch <- 3
	if got := failure(func(t TB) { Closed(t, ch) }); !strings.Contains(got, "received 3") {
		t.Errorf("Closed on a value: %q", got)
	}
	close(ch)
	if got := failure(func(t TB) { Receive(t, ch) }); !strings.Contains(got, "was closed") {
		t.Errorf("Receive on a closed channel: %q", got)
	}
}

// TestABubblesClockIsUsed: a wait of half an hour of a bubble's time is answered, and takes no time of the test's.
func TestABubblesClockIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := make(chan int)
		time.AfterFunc(30*time.Minute, func() { ch <- 1 })
		Receive(t, ch)

		begin := time.Now()
		Until(t, "half an hour", func() bool { return time.Since(begin) > 30*time.Minute })
	})
}

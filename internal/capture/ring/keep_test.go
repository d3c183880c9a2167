// These tests prove that a reader that is to miss nothing is waited for, and that no reader is waited for long.
package ring

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// keeping is a ring with a kept subscriber that has read nothing, and appends that go on beside the test.
type keeping struct {
	*Ring
	sub  *Subscriber
	read reading
}

func newKeeping() *keeping {
	g := New(64 << 10)
	return &keeping{Ring: g, sub: g.SubscribeKept(), read: reading{next: 1}}
}

func kilobyte(uint64) int { return 1 << 10 }

// append appends n records of a kilobyte and returns how long that took.
func (k *keeping) append(n int) time.Duration {
	began := time.Now()
	for range n {
		k.Append(numbered(k.Stats().Appended+1, 1<<10))
	}
	return time.Since(began)
}

// drain reads what is there, and not what is appended meanwhile.
func (k *keeping) drain(t *testing.T) {
	t.Helper()
	for upTo := k.Stats().Appended; k.read.next <= upTo; {
		next := k.sub.claim()
		if next.from == nil {
			return
		}
		if err := k.read.take(next.appendTo(nil), kilobyte); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAppendsWaitForTheKeptSubscriber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeping()
		done := make(chan time.Duration)
		go func() { done <- k.append(200) }() // three rings full
		for range 20 {
			time.Sleep(keepPatience / 2) // slower than the traffic, and not too slow
			synctest.Wait()
			k.drain(t)
		}
		if took := await.Receive(t, done); took < keepPatience {
			t.Errorf("the appends took %v: they did not wait", took)
		}
		k.drain(t)
		if k.read.read != 200 || k.read.missed != 0 {
			t.Errorf("%d of 200 records were read, %d missed", k.read.read, k.read.missed)
		}
	})
}

func TestAppendsWaitOnceForAKeptSubscriberThatStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeping()
		if took := k.append(1000); took != keepPatience {
			t.Errorf("a thousand appends took %v, want %v", took, keepPatience)
		}
		k.drain(t)
		if k.read.missed == 0 || k.read.read+k.read.missed != 1000 {
			t.Errorf("%d records were read and %d missed of 1000", k.read.read, k.read.missed)
		}
		if took := k.append(1000); took != keepPatience { // it has caught up: it is waited for again
			t.Errorf("after it had caught up, a thousand appends took %v, want %v", took, keepPatience)
		}
	})
}

func TestAKeptSubscriberThatStandsCostsATenthOfTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeping()
		k.append(1000)
		var waited time.Duration
		const records = 50 // in five seconds of traffic
		for i := range records {
			r := numbered(k.Stats().Appended+1, 1<<10)
			r.Time = int64(keepPause) * int64(i) / 10
			began := time.Now()
			k.Append(r)
			waited += time.Since(began)
		}
		if want := 4 * keepPatience; waited != want {
			t.Errorf("five seconds of traffic waited for %v, want %v", waited, want)
		}
	})
}

func TestNoAppendWaitsForAnOrdinarySubscriber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, subscribe := range map[string]func(k *keeping){
			"an ordinary one": func(k *keeping) { k.sub.Close(); k.Subscribe() },
			"a second one":    func(k *keeping) { k.SubscribeKept(); k.sub.Close() },
			"none":            func(k *keeping) { k.sub.Close() },
			"a closed ring":   func(k *keeping) { k.Close() },
		} {
			k := newKeeping()
			subscribe(k)
			if took := k.append(1000); took != 0 {
				t.Errorf("%s: the appends waited for %v", name, took)
			}
		}
	})
}

func TestTheEndOfTheKeptSubscriberFreesAppends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, end := range map[string]func(k *keeping){
			"the subscriber closes": func(k *keeping) { k.sub.Close() },
			"the ring closes":       func(k *keeping) { k.Close() },
		} {
			k := newKeeping()
			done := make(chan time.Duration)
			go func() { done <- k.append(1000) }()
			synctest.Wait() // it waits now
			end(k)
			if took := await.Receive(t, done); took != 0 {
				t.Errorf("%s: the appends took %v more", name, took)
			}
		}
	})
}

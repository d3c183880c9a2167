package budget

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// TestASharesLimitHolds proves that goroutines that take at once never have more than the limit, and that each refusal is counted.
func TestASharesLimitHolds(t *testing.T) {
	s := &Share{}
	s.SetLimit(1000)
	var wg sync.WaitGroup
	var mu sync.Mutex
	got, refused := 0, 0
	for range 50 {
		wg.Go(func() {
			for range 10 {
				ok := s.Take(7)
				mu.Lock()
				if ok {
					got += 7
				} else {
					refused++
				}
				mu.Unlock()
			}
		})
	}
	await.Return(t, "the goroutines to end", wg.Wait)
	if got > 1000 || int64(got) != s.Used() || int64(got) > s.Peak() || s.Refused() != uint64(refused) || refused == 0 {
		t.Errorf("taken %d, used %d, peak %d, refused %d of %d", got, s.Used(), s.Peak(), s.Refused(), refused)
	}
	s.Return(int64(got))
	if s.Used() != 0 || !s.Take(1000) || s.Take(1) {
		t.Error("what was returned cannot be taken exactly")
	}
}

// TestALeaseIsReturnedWithItsOwner proves that an owner that becomes garbage keeps nothing.
func TestALeaseIsReturnedWithItsOwner(t *testing.T) {
	s := &Share{}
	s.SetLimit(100)
	func() {
		var l Lease
		if !l.Resize(s, 60) || l.Resize(s, 101) || !l.Resize(s, 90) || !l.Resize(s, 80) || s.Used() != 80 {
			t.Errorf("used %d", s.Used())
		}
	}()
	for end := time.Now().Add(time.Minute); s.Used() > 0; runtime.GC() {
		if time.Now().After(end) {
			t.Fatalf("%d bytes are never returned", s.Used())
		}
		time.Sleep(time.Millisecond)
	}
}

// TestReport proves that a user may keep its own accounts.
func TestReport(t *testing.T) {
	s := &Share{}
	s.Report(func() int64 { return 5 })
	if s.Used() != 5 {
		t.Error(s.Used())
	}
}

// TestEveryShareSaysWhatItIs proves that each can be shown.
func TestEveryShareSaysWhatItIs(t *testing.T) {
	for _, s := range Shares() {
		if s.Name == "" || strings.Trim(s.Name, "abcdefghijklmnopqrstuvwxyz_") != "" || s.Means == "" || s.Refusal == "" || s.Limit() <= 0 {
			t.Errorf("%+v", s)
		}
	}
}

// TestAPaceFillsAgain proves that work is refused when it was spent, counted, and granted again after a time.
func TestAPaceFillsAgain(t *testing.T) {
	p := &Pace{Share: &Share{}, perSecond: 100}
	p.SetLimit(250)
	at := time.Unix(1_700_000_000, 0)
	for _, step := range []struct {
		after time.Duration
		n     int64
		ok    bool
	}{{0, 250, true}, {0, 1, false}, {500 * time.Millisecond, 51, false}, {0, 50, true}, {-time.Hour, 1, false}, {2 * time.Hour, 250, true}, {0, 1, false}, {time.Hour, 251, false}, {0, 250, true}} {
		at = at.Add(step.after)
		if got := p.Spend(at, step.n); got != step.ok {
			t.Errorf("%+v: %t", step, got)
		}
	}
	if p.Refused() != 5 {
		t.Errorf("%d refusals were counted", p.Refused())
	}
}

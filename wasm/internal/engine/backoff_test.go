// These tests prove that retries grow, stop growing, and are spread out.
package engine

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestTheWindowGrowsToTheCap(t *testing.T) {
	b := Backoff{Base: time.Second, Max: 30 * time.Second, Factor: 2}
	for n, want := range map[int]time.Duration{1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 6: 30, 7: 30, 1 << 40: 30} {
		if got := b.window(n); got != want*time.Second {
			t.Errorf("window before retry %d is %v, want %v", n, got, want*time.Second)
		}
	}
	constant := Backoff{Base: time.Second, Max: time.Second, Factor: 1}
	if got := constant.window(1 << 40); got != time.Second {
		t.Errorf("constant window %v", got)
	}
}

func TestWhatAServerAsksForComesOnTopOfTheJitter(t *testing.T) {
	b := Backoff{Base: time.Second, Max: 30 * time.Second, Factor: 2}
	d := Decision{After: 5 * time.Second, Spread: 25 * time.Second}
	if low, high := b.Delay(1, d, 0), b.Delay(1, d, 0.999999); low != 5*time.Second || high < 29*time.Second || high > 30*time.Second {
		t.Errorf("between %v and %v, want 5s to 30s", low, high)
	}
}

// P1: ten thousand clients lose one server in the same instant. At every retry, the first and those at the cap too, the
// busiest tenth of the window gets little more than its share.
func TestManyClientsAreSpreadOut(t *testing.T) {
	const clients, parts = 10_000, 10
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 6, 50} {
		var count [parts]int
		for range clients {
			delay := DefaultBackoff.Delay(n, Decision{}, r.Float64())
			count[delay*parts/DefaultBackoff.window(n)]++
		}
		for _, c := range count {
			if c < clients/parts*85/100 || c > clients/parts*115/100 {
				t.Errorf("retry %d: a tenth of the window got %d of %d clients", n, c, clients)
			}
		}
	}
}

func TestBackoffSaysWhatIsWrongWithIt(t *testing.T) {
	for _, b := range []Backoff{
		{Base: -1}, {Base: time.Minute, Max: time.Second}, {Factor: 0.5}, {Factor: 1e9}, {MaxAttempts: -1}, {MinUptime: -1},
	} {
		if b.Filled().Problem() == "" {
			t.Errorf("%+v is accepted", b)
		}
	}
	if p := (Backoff{Base: time.Minute}).Filled().Problem(); p != "" {
		t.Error("a long Base alone is refused:", p)
	}
}

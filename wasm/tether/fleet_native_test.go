//go:build !js

// These tests prove that clients do not come back as a herd: thousands of whole clients live through hours of outage
// under a clock of their own, and the moments at which they come back are counted.
package tether

import (
	"container/heap"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
	"github.com/tetherscope/tetherscope/wasm/retryhint"
)

// fleet is many clients of one server.
type fleet struct {
	nets []*fakeNet
	ends sync.WaitGroup
	stop context.CancelFunc
	rand *rand.Rand // of a fixed seed: what a test finds does not depend on chance
}

func newFleet(t *testing.T, size int, opts ...Option) *fleet {
	f := &fleet{rand: rand.New(rand.NewPCG(1, 0))}
	ctx, stop := context.WithCancel(t.Context())
	f.stop = stop
	for i := range size {
		n := &fakeNet{}
		f.nets = append(f.nets, n)
		random := rand.New(rand.NewPCG(1, 1+uint64(i))).Float64
		c, err := New("ws://test", codec.String(), append(opts, func(o *options) error { o.dialer, o.random = n, random; return nil })...)
		if err != nil {
			t.Fatal(err)
		}
		f.ends.Go(func() { _ = c.Run(ctx) })
	}
	return f
}

func (f *fleet) end() {
	f.stop()
	f.ends.Wait()
}

// each calls do for every client's network, in an order that does not follow from theirs.
func (f *fleet) each(do func(*fakeNet)) {
	for _, i := range f.rand.Perm(len(f.nets)) {
		do(f.nets[i])
	}
}

func (n *fakeNet) setRefuse(refuse bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refuse = refuse
}

// current is the connection of now, without waiting for quiet.
func (n *fakeNet) current() *fakeConn {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.conns[len(n.conns)-1]
}

// forget drops what was remembered of attempts, and returns how many there were.
func (n *fakeNet) forget() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	tries := len(n.dials)
	n.dials = nil
	n.conns = n.conns[len(n.conns)-1:]
	return tries
}

// back returns when each client opened its current connection, after since, sorted. All must have.
func (f *fleet) back(t *testing.T, since time.Time) []time.Duration {
	t.Helper()
	var list []time.Duration
	for _, n := range f.nets {
		n.mu.Lock()
		if !n.conns[len(n.conns)-1].up || n.live != 1 || n.most > 1 {
			t.Errorf("a client has %d connections, at most %d at once", n.live, n.most)
		}
		if len(n.dials) > 0 {
			list = append(list, n.dials[len(n.dials)-1].Sub(since))
		}
		n.mu.Unlock()
	}
	slices.Sort(list)
	return list
}

// spread reports the busiest 100 ms, and fails when it holds more than chance explains. The plan is to come back over a time, and
// density is how many times the mean it has itself where it is densest.
func spread(t *testing.T, what string, list []time.Duration, over time.Duration, density float64) {
	t.Helper()
	const step = 100 * time.Millisecond
	bins := map[time.Duration]int{}
	busiest := 0
	for _, d := range list {
		bins[d/step]++
		busiest = max(busiest, bins[d/step])
	}
	number := float64(over) / float64(step)
	mean := float64(len(list)) / number
	limit := byChance(density*mean, number)
	t.Logf("%s: %d clients came back over %v; busiest 100 ms %d, mean %.1f: %.2f×; by chance up to %d",
		what, len(list), (list[len(list)-1] - list[0]).Round(step), busiest, mean, float64(busiest)/mean, limit)
	if busiest > limit {
		t.Errorf("P1: %s: a herd", what)
	}
}

// byChance returns how many clients the fullest of so many bins has at most, if each client chooses for itself and no bin is to
// have more than mean: one run in 10¹² has more. It is Chernoff's bound on a sum of independent choices,
// P(X ≥ k) ≤ exp(-mean·(r·ln r - r + 1)) with r = k/mean, once for each bin.
func byChance(mean, bins float64) int {
	enough := math.Log(bins * 1e12)
	k := int(mean) + 1
	for r := float64(k) / mean; mean*(r*math.Log(r)-r+1) < enough; r = float64(k) / mean {
		k++
	}
	return k
}

func fleetSize() int {
	if testing.Short() || underRace {
		return 2000
	}
	return 10_000
}

// residual is the density of the moments at which clients come back that are in the middle of waits of up to Max each: the shorter
// the rest of a wait, the more have it, from twice the mean at once to none after Max.
const residual = 2

// P1: everybody loses the server in the same instant; it is back at once, or only after a while.
func TestAFleetComesBackSpreadOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, fleetSize())
		defer f.end()
		pass(time.Minute)

		since := time.Now()
		f.each(func(n *fakeNet) { n.forget(); n.current().drop(CloseInfo{Code: CodeGoingAway}) })
		pass(time.Minute)
		spread(t, "after a restart", f.back(t, since), engine.DefaultBackoff.Base, 1)

		f.each(func(n *fakeNet) {
			n.forget()
			n.setRefuse(true)
			n.current().drop(CloseInfo{Code: CodeAbnormalClosure})
		})
		pass(5 * time.Minute)
		f.each(func(n *fakeNet) { n.forget(); n.setRefuse(false) })
		since = time.Now()
		pass(engine.DefaultBackoff.Max + 5*time.Second)
		spread(t, "after five minutes of outage", f.back(t, since), engine.DefaultBackoff.Max, residual)
	})
}

// due is a machine whose next attempt is due.
type due struct {
	at    time.Duration
	m     *engine.Machine
	timer uint32 // ID of the timer of the wait
}

// schedule is a heap of machines, the next one on top.
type schedule []due

func (s schedule) Len() int           { return len(s) }
func (s schedule) Less(i, j int) bool { return s[i].at < s[j].at }
func (s schedule) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *schedule) Push(x any)        { *s = append(*s, x.(due)) }
func (s *schedule) Pop() any {
	last := len(*s) - 1
	x := (*s)[last]
	*s = (*s)[:last]
	return x
}

// lose lets the connection or attempt of m end at now, and returns when the next attempt is due.
func lose(t *testing.T, m *engine.Machine, now time.Duration, opened bool, random float64, scratch *[]engine.Command) due {
	t.Helper()
	ev := engine.Event{Kind: engine.EventEnded, Generation: m.Generation(), Random: random, Now: now, Ended: &engine.CloseInfo{Code: engine.AbnormalClosure, Opened: opened}}
	*scratch = m.Step(&ev, (*scratch)[:0])
	for _, c := range *scratch {
		if c.Kind == engine.CommandArm && c.Timer == engine.RetryTimer {
			return due{now + c.Delay, m, c.ID}
		}
	}
	t.Fatal("a machine that lost its connection does not retry")
	return due{}
}

// retry lets the attempt begin.
func (d due) retry(scratch *[]engine.Command) {
	m, now := d.m, d.at
	*scratch = m.Step(&engine.Event{Kind: engine.EventRetryTimer, Timer: d.timer, Now: now}, (*scratch)[:0])
	*scratch = m.Step(&engine.Event{Kind: engine.EventResolved, Generation: m.Generation(), Now: now}, (*scratch)[:0])
}

// P1: hours of outage with nothing but the machines, and their defaults.
func TestAFleetOfMachinesComesBackAfterHours(t *testing.T) {
	outage := 2 * time.Hour
	if testing.Short() || underRace {
		outage = 20 * time.Minute
	}
	p := &engine.Config{
		ConnectTimeout: time.Hour, CloseTimeout: time.Second, Backoff: engine.DefaultBackoff,
		Decide:     func(c engine.CloseInfo) engine.Decision { return engine.Decision(DefaultDecide(closeInfo(c))) },
		CloseError: func(c engine.CloseInfo) error { return &CloseError{closeInfo(c)} },
	}
	random := rand.New(rand.NewPCG(1, 0))
	var s schedule
	var scratch []engine.Command
	for range fleetSize() {
		machine := engine.New(p)
		m := &machine
		m.Step(&engine.Event{Kind: engine.EventRun}, nil)
		m.Step(&engine.Event{Kind: engine.EventResolved, Generation: m.Generation(), Target: &engine.Target{}}, nil)
		m.Step(&engine.Event{Kind: engine.EventOpened, Generation: m.Generation()}, nil)
		m.Step(&engine.Event{Kind: engine.EventReceived, Generation: m.Generation()}, nil)
		heap.Push(&s, lose(t, m, 0, true, random.Float64(), &scratch))
	}
	attempts := 0
	for s[0].at < outage {
		next := s[0]
		next.retry(&scratch)
		s[0] = lose(t, next.m, next.at, false, random.Float64(), &scratch)
		heap.Fix(&s, 0)
		attempts++
	}
	var back []time.Duration
	for _, d := range s {
		back = append(back, d.at-outage)
	}
	slices.Sort(back)
	t.Logf("during %v of outage: %d attempts, one in %v for each client", outage, attempts,
		(outage * time.Duration(len(s)) / time.Duration(attempts)).Round(100*time.Millisecond))
	spread(t, "after the outage", back, engine.DefaultBackoff.Max, residual)
	if last := back[len(back)-1]; last > engine.DefaultBackoff.Max {
		t.Errorf("the last comes back after %v", last)
	}
}

// A fleet of servers drains: each client gets a time to come back, and they do so evenly.
func TestAFleetThatIsDrainedComesBackEvenly(t *testing.T) {
	const window = time.Minute
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, fleetSize())
		defer f.end()
		pass(time.Minute)
		spreader := retryhint.Spread(window)
		since := time.Now()
		f.each(func(n *fakeNet) {
			n.forget()
			n.current().drop(CloseInfo{Code: CodeServiceRestart, Reason: spreader.Next(), Clean: true})
		})
		pass(2 * window)
		list := f.back(t, since)
		spread(t, "after a drain", list, window*5/4, 1.25)                                    // where no client's jitter begins or ends, as many as without it
		if last := list[len(list)-1]; last > window*5/4+2*time.Second || last < window*9/10 { // spread over a quarter more
			t.Errorf("the last came back after %v of %v", last, window)
		}
	})
}

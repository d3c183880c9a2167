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
	"github.com/tetherscope/tetherscope/wasm/tether/advise"
)

// fleet is many clients of one server.
type fleet struct {
	nets []*fakeNet
	ends sync.WaitGroup
	stop context.CancelFunc
}

func newFleet(t *testing.T, size int, opts ...Option) *fleet {
	f := &fleet{}
	ctx, stop := context.WithCancel(t.Context())
	f.stop = stop
	for range size {
		n := &fakeNet{}
		f.nets = append(f.nets, n)
		c, err := New("ws://test", codec.String(), append(opts, func(o *options) error { o.dialer = n; return nil })...)
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

// each calls do for every client's network, in any order.
func (f *fleet) each(do func(*fakeNet)) {
	for _, i := range rand.Perm(len(f.nets)) {
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

// spread reports the busiest 100 ms against the mean, from the first to the last.
func spread(t *testing.T, what string, list []time.Duration, most float64) {
	t.Helper()
	const step = 100 * time.Millisecond
	bins := map[time.Duration]int{}
	busiest := 0
	for _, d := range list {
		bins[d/step]++
		busiest = max(busiest, bins[d/step])
	}
	span := list[len(list)-1] - list[0]
	mean := float64(len(list)) / float64(span/step+1)
	t.Logf("%s: %d clients came back over %v; busiest 100 ms %d, mean %.1f: %.2f×", what, len(list), span.Round(step), busiest, mean, float64(busiest)/mean)
	limit := most * mean
	if len(list) < 10_000 {
		limit += 5 * math.Sqrt(mean) // of few clients, more than that may fall together by chance
	}
	if float64(busiest) > limit {
		t.Errorf("P1: %s: a herd", what)
	}
}

func fleetSize() int {
	if testing.Short() || underRace {
		return 2000
	}
	return 10_000
}

// P1: everybody loses the server in the same instant; it is back at once, or only after a while.
func TestAFleetComesBackSpreadOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, fleetSize())
		defer f.end()
		pass(time.Minute)

		since := time.Now()
		f.each(func(n *fakeNet) { n.forget(); n.current().drop(CloseInfo{Code: GoingAway}) })
		pass(time.Minute)
		spread(t, "after a restart", f.back(t, since), 3)

		f.each(func(n *fakeNet) { n.forget(); n.setRefuse(true); n.current().drop(CloseInfo{Code: AbnormalClosure}) })
		pass(5 * time.Minute)
		f.each(func(n *fakeNet) { n.forget(); n.setRefuse(false) })
		since = time.Now()
		pass(defaultBackoff.Max + 5*time.Second)
		spread(t, "after five minutes of outage", f.back(t, since), 3)
	})
}

// due is a machine whose next attempt is due.
type due struct {
	at time.Duration
	m  *machine
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
func lose(t *testing.T, m *machine, now time.Duration, opened bool, scratch *[]command) due {
	t.Helper()
	ev := event{kind: evEnded, gen: m.gen, random: rand.Float64(), now: now, ended: &CloseInfo{Code: AbnormalClosure, Opened: opened}}
	*scratch = m.step(&ev, (*scratch)[:0])
	for _, c := range *scratch {
		if c.kind == cmdArm && c.timer == retryTimer {
			return due{now + c.delay, m}
		}
	}
	t.Fatal("a machine that lost its connection does not retry")
	return due{}
}

// retry lets the attempt of m begin.
func retry(m *machine, now time.Duration, scratch *[]command) {
	*scratch = m.step(&event{kind: evRetryTimer, timer: m.armed[retryTimer], now: now}, (*scratch)[:0])
	*scratch = m.step(&event{kind: evResolved, gen: m.gen, now: now}, (*scratch)[:0])
}

// P1: hours of outage with nothing but the machines, and their defaults.
func TestAFleetOfMachinesComesBackAfterHours(t *testing.T) {
	outage := 2 * time.Hour
	if testing.Short() || underRace {
		outage = 20 * time.Minute
	}
	p := &plan{connectTimeout: time.Hour, closeTimeout: time.Second, backoff: defaultBackoff, decide: DefaultDecide}
	var s schedule
	var scratch []command
	for range fleetSize() {
		m := &machine{plan: p}
		m.step(&event{kind: evRun}, nil)
		m.step(&event{kind: evResolved, gen: m.gen, target: &Target{}}, nil)
		m.step(&event{kind: evOpened, gen: m.gen}, nil)
		m.step(&event{kind: evReceived, gen: m.gen}, nil)
		heap.Push(&s, lose(t, m, 0, true, &scratch))
	}
	attempts := 0
	for s[0].at < outage {
		next := s[0]
		retry(next.m, next.at, &scratch)
		s[0] = lose(t, next.m, next.at, false, &scratch)
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
	spread(t, "after the outage", back, 3)
	if last := back[len(back)-1]; last > defaultBackoff.Max {
		t.Errorf("the last comes back after %v", last)
	}
}

// A fleet of servers drains: each client is told when to come back, and they do so evenly.
func TestAFleetThatIsDrainedComesBackEvenly(t *testing.T) {
	const window = time.Minute
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, fleetSize())
		defer f.end()
		pass(time.Minute)
		drain := advise.Drain(window)
		since := time.Now()
		f.each(func(n *fakeNet) {
			n.forget()
			n.current().drop(CloseInfo{Code: ServiceRestart, Reason: drain.Next(), Clean: true})
		})
		pass(window + time.Minute)
		list := f.back(t, since)
		spread(t, "after a drain", list, 2)
		if last := list[len(list)-1]; last > window+2*time.Second || last < window*9/10 {
			t.Errorf("the last came back after %v of %v", last, window)
		}
	})
}

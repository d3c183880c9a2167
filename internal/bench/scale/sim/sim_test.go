package sim_test

import (
	"math"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/bench/scale/sim"
)

// small is a tenth of a node's clients on ten nodes: what takes its full size seconds takes this a fraction of one.
func small() sim.Config {
	c := sim.Default()
	c.Clients, c.Nodes = 10_000, 10
	return c
}

// scenarios are all there are.
var scenarios = []struct {
	name string
	run  func(sim.Config) sim.Result
	lost func(sim.Config) (least, most int) // connections that end
}{
	{"rolling restart", func(c sim.Config) sim.Result { return sim.Rolling(c, 10*time.Second) }, func(c sim.Config) (int, int) { return c.Clients, 3 * c.Clients }},
	{"loss of a zone", sim.Zone, func(c sim.Config) (int, int) { return c.Clients * 4 / 10, c.Clients * 4 / 10 }},
	{"failover of Redis", func(c sim.Config) sim.Result { return sim.Failover(c, 10*time.Second) }, func(sim.Config) (int, int) { return 0, 0 }},
	{"storm", func(c sim.Config) sim.Result { return sim.Storm(c, 0) }, func(c sim.Config) (int, int) { return c.Clients, c.Clients }},
	{"storm after an outage", func(c sim.Config) sim.Result { return sim.Storm(c, 5*time.Minute) }, func(c sim.Config) (int, int) { return c.Clients, c.Clients }},
}

// TestAllComeBack: after each fault every client is connected, none has given up, and Redis knows all of them; the connections that ended
// are those of the fault.
func TestAllComeBack(t *testing.T) {
	for _, s := range scenarios {
		c := small()
		r := s.run(c)
		t.Logf("%s: %+v", s.name, r)
		least, most := s.lost(c)
		if r.Lost < least || r.Lost > most || r.Stopped != 0 {
			t.Errorf("%s: %d connections ended, %d clients have stopped", s.name, r.Lost, r.Stopped)
		}
		if r.Attempts-r.Failed != r.Lost {
			t.Errorf("%s: %d attempts, %d failed, for %d connections", s.name, r.Attempts, r.Failed, r.Lost)
		}
		if r.Back >= time.Hour || r.Registered >= time.Hour || r.Registered < r.Back {
			t.Errorf("%s: back after %v, registered after %v", s.name, r.Back, r.Registered)
		}
	}
}

// TestTheSameSeedGivesTheSameResult: to the last command; and another seed another one.
func TestTheSameSeedGivesTheSameResult(t *testing.T) {
	for _, s := range scenarios {
		c := small()
		first, again := s.run(c), s.run(c)
		if first != again {
			t.Errorf("%s: %+v, then %+v", s.name, first, again)
		}
		c.Seed++
		if s.run(c) == first {
			t.Errorf("%s: the seed changes nothing", s.name)
		}
	}
}

// TestTheStormFollowsTheBackoff: those who lose their connection at the same moment come back evenly within the first window of the
// backoff when nodes cost them nothing, and within its longest one after an outage.
func TestTheStormFollowsTheBackoff(t *testing.T) {
	c := small()
	c.Costs.Handshake = 0
	c.Messages = 0
	even := float64(c.Clients) / 10 // in 100 ms of a second
	r := sim.Storm(c, 0)
	if r.Back > time.Second || r.Back < 990*time.Millisecond || float64(r.Busiest) > even+6*math.Sqrt(even) || r.Failed > 0 {
		t.Errorf("at once: %+v", r)
	}
	if r = sim.Storm(c, 5*time.Minute); r.Back > 30*time.Second || r.Back < 25*time.Second {
		t.Errorf("after an outage: %+v", r)
	}
}

// TestANodeTakesWhatItsProcessorAllows: with a handshake of 10 ms on one core, the last client is not back before all of them are done, and clients
// that wait for too long try again.
func TestANodeTakesWhatItsProcessorAllows(t *testing.T) {
	c := small()
	c.Messages, c.Cores, c.Costs.Handshake = 0, 1, 10*time.Millisecond
	work := time.Duration(c.Clients/c.Nodes) * c.Costs.Handshake
	if r := sim.Storm(c, 0); r.Back < work || r.Queue < work/2 {
		t.Errorf("%v of work for each node: %+v", work, r)
	}
	c.ConnectTimeout = time.Second
	if r := sim.Storm(c, 0); r.Failed == 0 || r.Stopped != 0 {
		t.Errorf("with a timeout of a second: %+v", r)
	}
}

package redis

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func said(node, epoch string, number uint64) nodeMessage {
	return nodeMessage{node: node, epoch: epoch, number: number, state: stateNone, message: []byte("x")}
}

func progress(node, epoch string, number uint64, state string) nodeMessage {
	return nodeMessage{node: node, epoch: epoch, number: number, state: state}
}

// account is what became of the messages of two nodes that publish, lose messages and restart.
type account struct {
	n                           lives
	now                         time.Time
	sent                        map[string]uint64 // by epoch
	epoch                       map[string]int    // of each node
	delivered, missing          uint64
	doubled, doubts, restarts   int
	beginsLaterThanItIsReported bool
}

func (a *account) life(node string) string { return fmt.Sprint(node, a.epoch[node]) }

func (a *account) receive(p nodeMessage) {
	v := a.n.judge(p, a.now)
	a.missing += v.missing
	a.beginsLaterThanItIsReported = a.beginsLaterThanItIsReported || v.missing > 0 && v.since.After(a.now)
	if v.fresh {
		a.delivered++
	}
	if v.doubt {
		a.doubts++
	}
	if a.n.judge(p, a.now).fresh {
		a.doubled++
	}
}

// last reveals a loss at the end of a node's life.
func (a *account) last(node string) {
	a.receive(progress(node, a.life(node), a.sent[a.life(node)], stateNone))
}

// restart ends a node's life without a goodbye and begins another under the same name.
func (a *account) restart(node string) {
	a.last(node)
	a.epoch[node]++
	a.restarts++
	a.receive(progress(node, a.life(node), 0, stateHello))
}

// TestEveryLossIsCounted: whatever messages of whatever nodes are lost on the way, what is delivered and what is
// reported missing adds up to what was published, also when a node begins another life under the same name, and nothing is
// delivered twice.
func TestEveryLossIsCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := account{now: time.Unix(1e9, 0), sent: map[string]uint64{}, epoch: map[string]int{}, n: lives{patience: time.Minute}}
		a.n.renew(a.now)
		a.now = a.now.Add(2 * time.Minute) // long subscribed: every life begins with number 1
		for range rapid.IntRange(0, 60).Draw(t, "messages") {
			node := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "node")
			a.now = a.now.Add(time.Millisecond)
			if rapid.IntRange(0, 9).Draw(t, "restart") == 0 {
				a.restart(node)
				continue
			}
			a.sent[a.life(node)]++
			if rapid.Bool().Draw(t, "arrives") {
				a.receive(said(node, a.life(node), a.sent[a.life(node)]))
			}
		}
		a.last("a")
		a.last("b")
		total := uint64(0)
		for _, count := range a.sent {
			total += count
		}
		if a.delivered+a.missing != total || a.doubled > 0 || a.doubts != a.restarts || a.beginsLaterThanItIsReported {
			t.Fatalf("%d published: %+v", total, a)
		}
	})
}

// words writes a judgement as words.
func (v judgement) words() string {
	var words []string
	if v.fresh {
		words = append(words, "fresh")
	}
	if v.missing > 0 {
		words = append(words, fmt.Sprint("missing ", v.missing))
	}
	if v.doubt {
		words = append(words, "doubt")
	}
	return strings.Join(words, " ")
}

// TestLivesOfANode lists what a node concludes from what it receives of others, in order.
func TestLivesOfANode(t *testing.T) {
	start := time.Unix(1e9, 0)
	const long = 2 * time.Minute
	type step struct {
		after time.Duration // since the subscription
		say   nodeMessage
		want  string
	}
	for name, steps := range map[string][]step{
		"a new life is no repeat, and what the last one lost is unknown": {
			{0, said("a", "1", 7), "fresh"}, {0, said("a", "1", 8), "fresh"}, {long, said("a", "2", 1), "fresh doubt"}, {long, said("a", "2", 2), "fresh"},
		},
		"after a goodbye nothing is in doubt": {
			{0, said("a", "1", 7), "fresh"}, {0, progress("a", "1", 7, stateBye), ""}, {long, progress("a", "2", 0, stateHello), ""}, {long, said("a", "2", 1), "fresh"},
		},
		"a goodbye counts what did not arrive": {
			{0, said("a", "1", 7), "fresh"}, {0, progress("a", "1", 9, stateBye), "missing 2"},
		},
		"a stopped life that goes on beside its successor": {
			{0, said("a", "1", 7), "fresh"},
			{long, said("a", "2", 1), "fresh doubt"},
			{long, said("a", "1", 8), "fresh"},
			{long, said("a", "1", 10), "fresh missing 1"},
			{long, said("a", "1", 8), ""},
		},
		"one that is first seen just after the subscription may be older": {{0, said("a", "1", 7), "fresh"}, {0, progress("b", "2", 9, stateNone), ""}},
		"one that is first seen long after it is not":                     {{long, said("a", "1", 7), "fresh missing 6"}, {long, progress("b", "2", 9, stateNone), "missing 9"}},
		"number 0 is no message":                                          {{0, said("a", "1", 0), ""}},
	} {
		n := lives{patience: time.Minute}
		n.renew(start)
		for i, s := range steps {
			if got := n.judge(s.say, start.Add(s.after)).words(); got != s.want {
				t.Errorf("%s: step %d: %q, want %q", name, i+1, got, s.want)
			}
		}
	}
}

// TestSilentLives: a node that says nothing for too long is dead and announced once; not one that said goodbye, and none when
// it was this process that stood still.
func TestSilentLives(t *testing.T) {
	now := time.Unix(1e9, 0)
	n := lives{patience: time.Minute}
	n.renew(now)
	n.judge(said("a", "1", 1), now)
	n.judge(progress("b", "2", 0, stateBye), now)
	dead := func(after time.Duration) bool {
		now = now.Add(after)
		_, found := n.silent(now)
		return found
	}
	for i := range 3 {
		if dead(20 * time.Second) {
			t.Fatalf("dead after %d × 20 s", i+1)
		}
	}
	if !dead(time.Second) || dead(time.Second) {
		t.Error("a node that is silent for more than a minute is announced, and once")
	}
	n.judge(said("a", "1", 2), now)
	if dead(time.Hour) || dead(20*time.Second) {
		t.Error("this process stood still for an hour: that says nothing of others")
	}
}

// TestLivesAreForgotten: the table is bounded, whichever program publishes, and those that ended leave it first.
func TestLivesAreForgotten(t *testing.T) {
	n := lives{patience: time.Minute}
	n.judge(said("old", "old", 1), time.Unix(0, 0))
	for i := range 3 * maxLives {
		n.judge(progress("n", fmt.Sprint("e", i), 1, stateBye), time.Unix(int64(i), 0))
	}
	if _, kept := n.byEpoch["old"]; len(n.byEpoch) > maxLives || !kept {
		t.Errorf("%d lives are remembered; the one that has not ended: %v", len(n.byEpoch), kept)
	}
}

// TestRegisteredAt: a channel without a subscriber means something only if every living node has registered at the Redis
// process that says so.
func TestRegisteredAt(t *testing.T) {
	n := lives{patience: time.Minute}
	now := time.Unix(1e9, 0)
	n.judge(progress("a", "1", 0, "run1"), now)
	n.judge(progress("b", "2", 0, stateBye), now)
	if !n.registeredAt("run1") || n.registeredAt("run2") {
		t.Error("one node lives, and is registered at run1")
	}
	n.judge(progress("a", "1", 0, stateHello), now)
	if n.registeredAt("run1") {
		t.Error("a node that has just subscribed has registered nothing")
	}
}

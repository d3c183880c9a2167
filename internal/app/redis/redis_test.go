package redis_test

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/tetherscope/tetherscope/internal/app/broker"
	"github.com/tetherscope/tetherscope/internal/app/cluster"
	"github.com/tetherscope/tetherscope/internal/app/redis"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

func TestMain(m *testing.M) {
	// While Redis is away go-redis tries to dial once a second, and notices only then that its client was closed.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

// server starts a Redis of the test's own.
func server(t *testing.T) *cluster.Redis {
	t.Helper()
	needRedis(t)
	r, err := cluster.StartRedis(t.Context(), "", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// needRedis skips the test where Redis is not installed.
func needRedis(t *testing.T) {
	t.Helper()
	for _, program := range []string{"redis-server", "redis-cli"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("TETHERSCOPE_REQUIRE_TOOLS") != "" {
				t.Fatal(program + " is not installed")
			}
			t.Skip(program + " is not installed")
		}
	}
}

// node is a sink that writes down what it gets.
type node struct {
	*redis.Broker
	mu   sync.Mutex
	got  []string // "all x" and "<id> x"
	gaps []broker.Gap
}

func (n *node) DeliverAll(m []byte)            { n.note("all " + string(m)) }
func (n *node) DeliverOne(id string, m []byte) { n.note(id + " " + string(m)) }
func (n *node) Missing(g broker.Gap)           { n.mu.Lock(); defer n.mu.Unlock(); n.gaps = append(n.gaps, g) }

func (n *node) note(s string) { n.mu.Lock(); defer n.mu.Unlock(); n.got = append(n.got, s) }

func (n *node) received() []string { n.mu.Lock(); defer n.mu.Unlock(); return slices.Clone(n.got) }

func (n *node) missed() (sum uint64, lasting int, ended int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, g := range n.gaps {
		switch {
		case g.Missed > 0:
			sum += g.Missed
		case g.Until.IsZero():
			lasting++
		default:
			ended++
		}
	}
	return sum, lasting, ended
}

// expiry is short, for tests in which a node dies or clients expire. On a slow machine a node that lives may be taken for dead
// with it, which is announced as a gap: a test that wants none uses steady.
const expiry = 1500 * time.Millisecond

func join(t *testing.T, url, name string) *node {
	t.Helper()
	return joinFor(t, url, name, expiry)
}

// steady is join for a node that no machine is so slow for that the others take it for dead.
func steady(t *testing.T, url, name string) *node {
	t.Helper()
	return joinFor(t, url, name, time.Hour)
}

// joinFor joins a node whose clients expire after ttl. An answer of Redis may take as long as a test.
func joinFor(t *testing.T, url, name string, ttl time.Duration) *node {
	t.Helper()
	b, err := redis.New(url, redis.Options{PresenceTTL: ttl, Timeout: await.Limit, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	n := &node{Broker: b}
	if err := b.Start(name, n); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	await.Until(t, what, ok)
}

func id(c string) string { return strings.Repeat(c, chat.IDLength) }

// operator is a plain client, for what goes on in Redis itself.
func operator(t *testing.T, r *cluster.Redis) *goredis.Client {
	t.Helper()
	o, err := goredis.ParseURL(r.URL())
	if err != nil {
		t.Fatal(err)
	}
	c := goredis.NewClient(o)
	t.Cleanup(func() { c.Close() })
	return c
}

// TestOwnMessagesDoNotComeBack: all other nodes get them, once and in order.
func TestOwnMessagesDoNotComeBack(t *testing.T) { ownMessages(t, server(t).URL()) }

func ownMessages(t *testing.T, url string) {
	t.Helper()
	a, b, c := steady(t, url, "a"), steady(t, url, "b"), steady(t, url, "c")
	var want []string
	for i := range 500 {
		s := string(rune('a'+i%26)) + "\n*"
		a.Publish([]byte(s))
		want = append(want, "all "+s)
	}
	for _, n := range []*node{b, c} {
		eventually(t, "500 messages", func() bool { return len(n.received()) >= 500 })
		if got := n.received(); !slices.Equal(got, want) {
			t.Errorf("not what was published, in that order: %d messages", len(got))
		}
	}
	b.Publish([]byte("last"))
	eventually(t, "the last", func() bool { return len(a.received()) > 0 })
	if got := a.received(); !slices.Equal(got, []string{"all last"}) {
		t.Errorf("a got %q: its own came back", got)
	}
	if sum, lasting, _ := c.missed(); sum+uint64(lasting) > 0 {
		t.Error("a gap where there was none")
	}
	if b.Lag() < 0 || b.Lag() > await.Limit {
		t.Errorf("lag %v", b.Lag())
	}
}

// TestPrivateMessagesReachOneNode: and the sender learns when no node has that client, or never could have.
func TestPrivateMessagesReachOneNode(t *testing.T) { privateMessages(t, server(t).URL()) }

func privateMessages(t *testing.T, url string) {
	t.Helper()
	a, b, c := join(t, url, "a"), join(t, url, "b"), join(t, url, "c")
	b.Join(broker.Client{ID: id("b"), User: "bob", Connected: time.Now()})
	send := func(to string) broker.Outcome {
		out := make(chan broker.Outcome, 1)
		a.Send(to, []byte("psst"), func(o broker.Outcome) { out <- o })
		return await.Receive(t, out)
	}
	eventually(t, "bob's channel", func() bool { return send(id("b")) == broker.Sent })
	eventually(t, "the message", func() bool { return slices.Contains(b.received(), id("b")+" psst") })
	for _, to := range []string{id("z"), "*", "", "b:events\r\nPSUBSCRIBE *", strings.Repeat("x", 1<<20), id("b") + " "} {
		eventually(t, "it is certain that no such client is connected", func() bool {
			got := send(to)
			if got != broker.NotPresent && got != broker.Unknown {
				t.Errorf("%.30q: outcome %d", to, got)
			}
			return got == broker.NotPresent
		})
	}
	b.Leave(id("b"))
	eventually(t, "bob is gone", func() bool { return send(id("b")) == broker.NotPresent })
	if len(c.received()) > 0 {
		t.Errorf("c got %q", c.received())
	}
}

// TestPresenceKnowsAllNodes: until a client leaves, its node closes, or its node dies without a word.
func TestPresenceKnowsAllNodes(t *testing.T) {
	r := server(t)
	a, b := join(t, r.URL(), "a"), join(t, r.URL(), "b")
	a.Join(broker.Client{ID: id("a"), User: "ada * \r\n", Connected: time.Now()})
	b.Join(broker.Client{ID: id("b"), User: "bob", Connected: time.Now()})
	b.Join(broker.Client{ID: id("c"), User: "cy", Connected: time.Now()})
	b.Join(broker.Client{ID: "evil*", User: "eve", Connected: time.Now()})
	is := func(want string, limit int) bool {
		some, total, err := a.Presence(t.Context(), limit)
		if err != nil {
			t.Fatal(err)
		}
		var users []string
		for _, c := range some {
			users = append(users, c.User)
		}
		slices.Sort(users)
		return strings.Join(users, ",") == want && total >= len(users)
	}
	eventually(t, "three", func() bool { return is("ada * \r\n,bob,cy", 10) })
	eventually(t, "one of three", func() bool { // clients of a node that stood still expire, and are renewed
		some, total, err := a.Presence(t.Context(), 1)
		return err == nil && len(some) == 1 && total == 3
	})
	time.Sleep(2 * time.Second) // past the expiry: the nodes renew
	eventually(t, "living nodes renew", func() bool { return is("ada * \r\n,bob,cy", 10) })
	b.Leave(id("c"))
	eventually(t, "cy is gone", func() bool { return is("ada * \r\n,bob", 10) })
	// A node that dies says nothing: its hash expires. Here its entry is written as such a node leaves it.
	op := operator(t, r)
	op.HSet(t.Context(), "websocket:clients:gone", id("d"), "d 1763900000000 dead", "junk", "junk", id("e"), "junk")
	op.ZAdd(t.Context(), "websocket:nodes", goredis.Z{Score: float64(time.Now().Add(time.Hour).UnixMilli()), Member: "gone"})
	eventually(t, "the dead is seen", func() bool { return is("ada * \r\n,bob,dead", 10) })
	op.PExpire(t.Context(), "websocket:clients:gone", 300*time.Millisecond)
	eventually(t, "the dead is gone", func() bool { return is("ada * \r\n,bob", 10) })
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the clients of a closed node are not present", func() bool { return is("ada * \r\n", 10) })
}

// TestNamesInRedisAreOurs: no user text in any, no pattern subscription.
func TestNamesInRedisAreOurs(t *testing.T) {
	r := server(t)
	a := join(t, r.URL(), "a")
	a.Join(broker.Client{ID: id("a"), User: "evil:*\r\n[a]?", Connected: time.Now()})
	a.Publish([]byte("evil:*"))
	if err := a.PutTicket(t.Context(), "0abc", "evil*", time.Minute); err != nil {
		t.Fatal(err)
	}
	op := operator(t, r)
	var keys, channels []string
	eventually(t, "presence is written", func() bool {
		keys = op.Keys(t.Context(), "*").Val()
		channels = op.PubSubChannels(t.Context(), "*").Val()
		return len(keys) == 3 && len(channels) == 2
	})
	slices.Sort(keys)
	slices.Sort(channels)
	hash := keys[1]
	if want := []string{"ticket:0abc", hash, "websocket:nodes"}; !slices.Equal(keys, want) || !regexp.MustCompile("^websocket:clients:[a-z2-7]{26}$").MatchString(hash) {
		t.Errorf("keys %q", keys)
	}
	if want := []string{"client:" + id("a") + ":events", "websocket:events"}; !slices.Equal(channels, want) {
		t.Errorf("channels %q", channels)
	}
	if n := op.PubSubNumPat(t.Context()).Val(); n != 0 {
		t.Errorf("%d pattern subscriptions", n)
	}
	eventually(t, "the hash has an expiry", func() bool { return op.PTTL(t.Context(), hash).Val() > 0 })
	if ttl := op.PTTL(t.Context(), hash).Val(); ttl > expiry {
		t.Errorf("the hash expires in %v", ttl)
	}
}

// TestTicketsAreTakenOnce: by one of two nodes that try at the same time.
func TestTicketsAreTakenOnce(t *testing.T) { tickets(t, server(t).URL()) }

func tickets(t *testing.T, url string) {
	t.Helper()
	a, b := join(t, url, "a"), join(t, url, "b")
	for range 20 {
		if err := a.PutTicket(t.Context(), "k", "v", time.Minute); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		taken := 0
		for _, n := range []*node{a, b} {
			wg.Go(func() {
				v, ok, err := n.TakeTicket(t.Context(), "k")
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				if ok && v == "v" {
					taken++
				}
			})
		}
		await.Group(t, &wg)
		if taken != 1 {
			t.Fatalf("taken %d times", taken)
		}
	}
}

// TestCutOffSubscribersLearnHowMuchTheyMissed: as Redis does with a slow one.
func TestCutOffSubscribersLearnHowMuchTheyMissed(t *testing.T) {
	r := server(t)
	a, b := steady(t, r.URL(), "a"), steady(t, r.URL(), "b")
	a.Publish([]byte("1"))
	eventually(t, "the first", func() bool { return len(b.received()) == 1 })
	op := operator(t, r)
	for round := 1; ; round++ { // b is cut off, and messages pass before it is back: tried until one was in time
		if err := op.Do(t.Context(), "CLIENT", "KILL", "TYPE", "pubsub").Err(); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			a.Publish([]byte("lost?"))
		}
		eventually(t, "the gap ends", func() bool { _, lasting, ended := b.missed(); return lasting == round && ended == round })
		a.Publish([]byte("mark"))
		eventually(t, "the mark", func() bool { h := b.received(); return h[len(h)-1] == "all mark" })
		sum, _, _ := b.missed()
		if got := uint64(len(b.received())) + sum; got != 1+21*uint64(round) {
			t.Fatalf("%d received and %d missed of %d", len(b.received()), sum, 1+21*round)
		}
		if sum > 0 || round == 20 {
			break
		}
	}
}

// TestAnnouncementsReachWhoWasAway: a node that joins later, one that was cut off, and one that joins after Redis has lost
// everything; what is over reaches no node any more.
func TestAnnouncementsReachWhoWasAway(t *testing.T) {
	r := server(t)
	has := func(n *node, s string) func() bool {
		return func() bool { return slices.Contains(n.received(), "all "+s) }
	}
	a, b := join(t, r.URL(), "a"), join(t, r.URL(), "b")
	a.Announce([]byte("over"), time.Now().Add(-time.Second))
	a.Announce([]byte("kept"), time.Now().Add(time.Hour))
	eventually(t, "who is here", has(b, "kept"))
	op := operator(t, r)
	eventually(t, "Redis keeps it", func() bool { return op.ZCard(t.Context(), "websocket:notices").Val() == 1 })
	c := join(t, r.URL(), "c")
	if !has(c, "kept")() || has(c, "over")() {
		t.Errorf("a node that joined later received %q", c.received())
	}
	r.Kill()
	eventually(t, "no node has Redis", func() bool {
		_, one, _ := a.missed()
		_, two, _ := b.missed()
		return one > 0 && two > 0
	})
	a.Announce([]byte("without Redis"), time.Now().Add(time.Hour))
	if err := r.Start(t.Context()); err != nil { // it has kept nothing
		t.Fatal(err)
	}
	eventually(t, "everything is back", func() bool { return op.ZCard(t.Context(), "websocket:notices").Val() == 2 })
	d := join(t, r.URL(), "d")
	if !has(d, "kept")() || !has(d, "without Redis")() {
		t.Errorf("a node that joined after Redis was lost received %q", d.received())
	}
}

// TestForgedAndDoubledMessagesAreDropped: what any other client publishes on the channel.
func TestForgedAndDoubledMessagesAreDropped(t *testing.T) {
	r := server(t)
	a := steady(t, r.URL(), "a")
	op := operator(t, r)
	for _, s := range []string{
		"junk", "1 x 1 1\nold", "2 x e 1 1 -\none", "2 x e 1 1 -\none", "2 x e 4 1 -\nfour", "2 x e 2 1 -\nlate", "2 x e 0 1 -\nzero", "2 x e 5 1 -\nfive",
	} {
		if err := op.Publish(t.Context(), "websocket:events", s).Err(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the last", func() bool { return slices.Contains(a.received(), "all five") })
	if got := a.received(); !slices.Equal(got, []string{"all one", "all four", "all five"}) {
		t.Errorf("got %q", got)
	}
	if sum, _, _ := a.missed(); sum != 2 {
		t.Errorf("%d missed", sum)
	}
}

// TestStartFailsClearly: without Redis, with a wrong password, with a URL that is none; no error shows the password.
func TestStartFailsClearly(t *testing.T) {
	r := server(t)
	for url, want := range map[string]string{
		"redis://:hunter2@127.0.0.1:1/0": "127.0.0.1:1", "redis://:hunter2@" + r.Addr + "/0": "WRONGPASS",
		"redis://" + r.Addr + "/0": "NOAUTH", "http://:hunter2@x": "redis://user", "redis://:hunter2@x:y:z": "redis://user", "": "redis://user",
	} {
		b, err := redis.New(url, redis.Options{Log: slog.New(slog.DiscardHandler)})
		if err == nil {
			err = b.Start("n", &node{})
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", strings.Replace(url, "hunter2", "…", 1), err)
		}
	}
	b, err := redis.New(r.URL(), redis.Options{})
	if err == nil {
		err = b.Start("bad name", &node{})
	}
	if err == nil {
		t.Error("a node's name with a space was taken")
	}
	_ = b.Close()
}

// TestWithoutRedisNothingBlocks: publishing, joining and leaving return at once, and what needs an answer says that
// there is none.
func TestWithoutRedisNothingBlocks(t *testing.T) {
	r := server(t)
	a := steady(t, r.URL(), "a")
	r.Kill()
	eventually(t, "the gap", func() bool { _, lasting, _ := a.missed(); return lasting == 1 })
	began := time.Now()
	for range 10000 {
		a.Publish([]byte("x"))
	}
	a.Join(broker.Client{ID: id("a"), User: "ada"})
	a.Leave(id("a"))
	if took := time.Since(began); took > 8*time.Second { // a millisecond for each would be more
		t.Errorf("publishing took %v", took)
	}
	out := make(chan broker.Outcome, 1)
	a.Send(id("b"), []byte("x"), func(o broker.Outcome) { out <- o })
	if o := await.Receive(t, out); o != broker.Unreachable {
		t.Errorf("outcome %d", o)
	}
	if _, _, err := a.Presence(context.Background(), 1); err == nil {
		t.Error("presence without Redis")
	}
	if err := a.PutTicket(t.Context(), "k", "v", time.Minute); err == nil {
		t.Error("a ticket without Redis")
	}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the gap ends", func() bool { _, _, ended := a.missed(); return ended == 1 })
}

package cluster_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	goredis "github.com/redis/go-redis/v9"

	"github.com/tetherscope/tetherscope/internal/app/cluster"
	"github.com/tetherscope/tetherscope/internal/app/redis"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
	"github.com/tetherscope/tetherscope/wasm/resumeserver/redisstore"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// echoes is what a node of these tests has beside the application: sessions that answer each message with itself, and what a test
// asks of the node's handlers.
type echoes struct {
	*resumeserver.Server
	redis goredis.UniversalClient

	mu     sync.Mutex
	live   map[*resumeserver.Session]struct{}
	marked []*resumeserver.Session
}

func newEchoes(url string, grace time.Duration) (*echoes, error) {
	client, err := redis.Open(url)
	if err != nil {
		return nil, err
	}
	return &echoes{
		Server: &resumeserver.Server{Store: redisstore.New(client, redisstore.Options{Grace: grace}), Lifetime: time.Hour},
		redis:  client, live: map[*resumeserver.Session]struct{}{},
	}, nil
}

func (e *echoes) Close() {
	e.Server.Close()
	e.redis.Close()
}

func (e *echoes) register(mux *http.ServeMux) {
	mux.Handle("/ws/resume", e.Handler(e.serve))
	mux.HandleFunc("POST /test/mark", e.mark)
	mux.HandleFunc("POST /test/probe", e.probe)
}

func (e *echoes) serve(ctx context.Context, s *resumeserver.Session) {
	e.mu.Lock()
	e.live[s] = struct{}{}
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.live, s)
	}()
	for {
		kind, p, err := s.Read(ctx)
		if err != nil || s.Write(ctx, kind, p) != nil {
			return
		}
	}
}

// fencing is what a node says of the sessions that it had when it was marked.
type fencing struct {
	Marked int
	Fenced int // of those, how many it knows to be another node's
}

// mark notes the sessions that the node owns: their clients are connected to it, and the store has them.
func (e *echoes) mark(w http.ResponseWriter, _ *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.marked = nil
	for s := range e.live {
		if s.Connected() && s.Stored() {
			e.marked = append(e.marked, s)
		}
	}
	_ = json.NewEncoder(w).Encode(fencing{Marked: len(e.marked)})
}

// probe lets the handler of every marked session write, as one does that does not know that the session is another node's.
func (e *echoes) probe(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f := fencing{Marked: len(e.marked)}
	for _, s := range e.marked {
		if err := s.Write(r.Context(), websocket.MessageText, []byte("stray")); errors.Is(err, resumeserver.ErrMoved) {
			f.Fenced++
		}
	}
	_ = json.NewEncoder(w).Encode(f)
}

// post asks a node.
func post(t *testing.T, addr, path string) (f fencing) {
	t.Helper()
	req, err := http.NewRequestWithContext(await.Context(t), http.MethodPost, "http://"+addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&f); err != nil {
		t.Fatalf("%s: HTTP %d: %v", path, res.StatusCode, err)
	}
	return f
}

// sessionFaults is everything that happens to a cluster while sessions are in use, in order. passed waits until every session goes on.
// gaps: a client that comes to another node before its own has saved the session in the empty Redis gets a gap, and that is all.
var sessionFaults = []struct {
	what string
	gaps bool
	do   func(t *testing.T, c *cluster.Cluster, load *sessionLoad, passed func())
}{
	{"kill -9 of node 1, and again", false, func(t *testing.T, c *cluster.Cluster, _ *sessionLoad, passed func()) { killNode(t, c, 0, passed) }},
	{"kill -9 of node 2, and again", false, func(t *testing.T, c *cluster.Cluster, _ *sessionLoad, passed func()) { killNode(t, c, 1, passed) }},
	{"Redis killed, and again without data", true, func(t *testing.T, c *cluster.Cluster, load *sessionLoad, passed func()) {
		c.Redis.Kill()
		startRedis(t, c)
		passed()
		awaitStored(t, c, load)
	}},
	{"kill -9 of node 3, and again", false, func(t *testing.T, c *cluster.Cluster, _ *sessionLoad, passed func()) { killNode(t, c, 2, passed) }},
	{"SIGSTOP of node 1 until all have moved", false, func(t *testing.T, c *cluster.Cluster, _ *sessionLoad, passed func()) { fenceNode(t, c, 0, passed) }},
}

// awaitStored waits until the nodes have saved every session: until then one that loses its node begins with a gap.
func awaitStored(t *testing.T, c *cluster.Cluster, load *sessionLoad) {
	t.Helper()
	await.Until(t, "every session is in Redis", func() bool {
		stored := 0
		for _, addr := range c.Addrs {
			stored += post(t, addr, "/test/mark").Marked
		}
		return stored == load.Clients
	})
}

func killNode(t *testing.T, c *cluster.Cluster, i int, passed func()) {
	t.Helper()
	c.Nodes[i].Kill()
	passed()
	startNode(t, c, i, i)
}

// fenceNode stops a node until its sessions go on at others, and lets it go on then: its handlers write to sessions that are not
// its own any more, until it knows that of each.
func fenceNode(t *testing.T, c *cluster.Cluster, i int, passed func()) {
	t.Helper()
	marked := post(t, c.Addrs[i], "/test/mark").Marked
	if err := c.Nodes[i].Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	passed()
	if os.Getenv(longEnv) != "" {
		time.Sleep(30 * time.Second) // as long as the longest of its timeouts: not a wait for anything
	}
	if err := c.Nodes[i].Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	await.Until(t, "the node knows that its sessions are others'", func() bool { return post(t, c.Addrs[i], "/test/probe").Fenced == marked })
	passed()
	t.Logf("node %d had %d sessions when it was stopped, and none of what it wrote to them afterwards arrived", i+1, marked)
}

// TestSessionsOutliveNodes: whatever node is killed or stopped, and when Redis loses its data, every message of every session is
// answered once and in order. Only where Redis loses its data a gap may say which are not.
func TestSessionsOutliveNodes(t *testing.T) {
	clients, every, silence := 12, 5*time.Millisecond, time.Second
	if os.Getenv(longEnv) != "" {
		clients, every, silence = 1000, 200*time.Millisecond, 5*time.Second
	}
	c := run(t, silence, cluster.LoadFlags()...) // nginx gives a node up that is silent for that long
	load := &sessionLoad{
		URL: c.URL, Clients: clients, Every: every,
		Options: []tether.Option{
			tether.WithHeader(http.Header{"Origin": {c.URL}}), tether.WithBackoff(tether.Backoff{Base: 20 * time.Millisecond, Max: time.Second}),
			tether.WithHeartbeat(tether.Heartbeat{Interval: silence / 2, Timeout: silence}), // of a node that was stopped
			tether.WithConnectTimeout(10 * silence),                                         // nginx asks the next node before
		},
	}
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() {
		if err := load.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	defer await.Group(t, &work)
	defer cancel()
	passed := func() {
		t.Helper()
		for marks, before := load.Marks(), 0; before < clients; { // a large load may take longer than one wait, but not to move on
			await.Until(t, "more sessions go on", func() bool { return load.Passed(marks) > before })
			before = load.Passed(marks)
		}
	}
	passed()
	before := load.Account()
	for _, f := range sessionFaults {
		f.do(t, c, load, passed)
		load.Quiet(true)
		await.Until(t, "nothing is under way after "+f.what, func() bool { return load.Account().UnderWay == 0 })
		after := load.Account()
		load.Quiet(false)
		t.Logf("%-38s %5d reconnects, %6d attempted, %6d acknowledged, %d lost, %d doubled, %d reordered, %d stray, %d gaps", f.what,
			after.Connections-before.Connections, after.Attempted-before.Attempted, after.Acknowledged-before.Acknowledged,
			after.Lost-before.Lost, after.Doubled-before.Doubled, after.Reordered-before.Reordered, after.Stray-before.Stray, after.Gaps-before.Gaps)
		if !after.Whole() || after.Gaps > before.Gaps && !f.gaps {
			t.Errorf("%s: the accounts do not balance: %v", f.what, after)
		}
		before = after
	}
	t.Log(before)
}

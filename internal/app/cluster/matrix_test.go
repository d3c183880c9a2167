package cluster_test

import (
	"context"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/app/cluster"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// longEnv runs the restart matrix with 300 clients and longer pauses.
const longEnv = "TETHERSCOPE_LONG"

// restarts is everything that happens to a cluster while its users talk, in order.
var restarts = []struct {
	what string
	do   func(t *testing.T, c *cluster.Cluster)
}{
	{"SIGTERM, and again under the same name", func(t *testing.T, c *cluster.Cluster) {
		if err := c.Nodes[0].Stop(); err != nil {
			t.Fatal(err)
		}
		startNode(t, c, 0, 0)
	}},
	{"SIGKILL, and again under the same name", func(t *testing.T, c *cluster.Cluster) {
		c.Nodes[1].Kill()
		startNode(t, c, 1, 1)
	}},
	{"SIGKILL, and again under another name", func(t *testing.T, c *cluster.Cluster) {
		c.Nodes[2].Kill()
		startNode(t, c, 2, 3)
	}},
	{"SIGSTOP for less than a node may be silent", func(t *testing.T, c *cluster.Cluster) { freeze(t, c.Nodes[0], time.Second) }},
	{"SIGSTOP for longer than that", func(t *testing.T, c *cluster.Cluster) { freeze(t, c.Nodes[1], presenceTTL+3*time.Second) }},
	{"SIGSTOP, then SIGKILL", func(t *testing.T, c *cluster.Cluster) {
		if err := c.Nodes[0].Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		c.Nodes[0].Kill()
		startNode(t, c, 0, 0)
	}},
	{"Redis killed and started", func(t *testing.T, c *cluster.Cluster) {
		c.Redis.Kill()
		startRedis(t, c)
	}},
	{"Redis away", func(t *testing.T, c *cluster.Cluster) {
		c.Redis.Kill()
		time.Sleep(3 * time.Second)
		startRedis(t, c)
	}},
	{"Redis stopped with SIGSTOP", func(t *testing.T, c *cluster.Cluster) { freeze(t, c.Redis.Process, 4*time.Second) }},
	{"nginx reload", func(t *testing.T, c *cluster.Cluster) {
		if err := c.Nginx.Reload(); err != nil {
			t.Fatal(err)
		}
	}},
}

func startNode(t *testing.T, c *cluster.Cluster, i, as int) {
	t.Helper()
	if err := c.StartNode(t.Context(), i, as); err != nil {
		t.Fatal(err)
	}
}

func startRedis(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	if err := c.Redis.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// freeze stops a process for a while.
func freeze(t *testing.T, p *cluster.Process, d time.Duration) {
	t.Helper()
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(d)
	if err := p.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

// TestRestartMatrix: whatever restarts while users talk, every message that a node accepted reaches every user who is
// connected, once and in order, or the user is informed of a gap.
func TestRestartMatrix(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	c := run(t, 0, append(cluster.LoadFlags(), "-drain-spread", "300ms", "-redis-timeout", "1s")...)
	load := &cluster.Load{URL: c.URL, Clients: 30, Every: 400 * time.Millisecond, Token: func(context.Context, string) (string, error) { return token(t, "u"), nil }}
	talk := time.Second
	if os.Getenv(longEnv) != "" {
		load.Clients, load.Every, talk = 300, 5*time.Second, 10*time.Second
	}
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { load.Run(ctx) })
	defer func() {
		cancel()
		await.Group(t, &work)
	}()
	await.Until(t, "every user is connected", func() bool { return load.Connected() == load.Clients })
	before := load.Account()
	for _, r := range restarts {
		r.do(t, c)
		await.Until(t, "every user is connected after "+r.what, func() bool { return load.Connected() == load.Clients })
		time.Sleep(talk) // so that there is something to lose: not a wait for anything
		load.Quiet(true)
		after := settle(t, load)
		load.Quiet(false)
		t.Logf("%-45s %5d reconnects, %6d acknowledged, %7d delivered, %5d announced (%4d notices), %d silent, %d doubled, %d reordered",
			r.what, after.Connections-before.Connections, after.Acknowledged-before.Acknowledged, after.Delivered-before.Delivered,
			after.Announced-before.Announced, after.Gaps-before.Gaps, after.Silent-before.Silent, after.Doubled-before.Doubled, after.Reordered-before.Reordered)
		if after.Silent > before.Silent || after.Doubled > before.Doubled || after.Reordered > before.Reordered {
			t.Errorf("%s: messages were lost in silence, doubled or reordered", r.what)
		}
		before = after
	}
	t.Log(before)
}

// settle waits until nothing comes any more and everything that is missing is announced, which takes as long as a dead node
// may be silent. What is left after that is returned.
func settle(t *testing.T, load *cluster.Load) cluster.Account {
	t.Helper()
	last, since := load.Account(), time.Now()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		a := load.Account()
		if a != last {
			last, since = a, time.Now()
		}
		if quiet := time.Since(since); quiet > 2*time.Second && (a.Silent == 0 || quiet > 3*presenceTTL) {
			break
		}
	}
	return last
}

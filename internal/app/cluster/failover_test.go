package cluster_test

import (
	"context"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/app/cluster"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// TestSentinelPromotesTheReplica: see failRedis.
func TestSentinelPromotesTheReplica(t *testing.T) { failRedis(t, cluster.KindSentinel) }

// TestAClusterPromotesAReplica: see failRedis.
func TestAClusterPromotesAReplica(t *testing.T) { failRedis(t, cluster.KindCluster) }

// failRedis lets users of the chat and of sessions talk while a primary of Redis is killed, its replica promoted, and it comes back. Of the
// chat nothing is lost in silence, doubled or reordered; every message of a session is answered once and in order, without a gap, because its
// client stays at its node. In make faults it happens six times with more users.
func failRedis(t *testing.T, kind cluster.Kind) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Redis, its replicas, three nodes and nginx")
	}
	users, rounds := 12, 1
	if os.Getenv(longEnv) != "" {
		users, rounds = 100, 6
	}
	c := runOn(t, kind, 0, append(cluster.LoadFlags(), "-redis-timeout", "1s", "-session-grace", "5s")...)
	load := &cluster.Load{URL: c.URL, Clients: users, Every: 200 * time.Millisecond, Token: func(context.Context, string) (string, error) { return token(t, "u"), nil }}
	sessions := &sessionLoad{
		URL: c.URL, Clients: users, Every: 20 * time.Millisecond,
		Options: []tether.Option{tether.WithHeader(http.Header{"Origin": {c.URL}}), tether.WithHeartbeat(tether.Heartbeat{Interval: patience / 2, Timeout: patience})},
	}
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	defer await.Group(t, &work)
	defer cancel()
	work.Go(func() { load.Run(ctx) })
	work.Go(func() {
		if err := sessions.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	await.Until(t, "every user is connected", func() bool { return load.Connected() == load.Clients })
	for range rounds {
		if err := c.FailRedis(t.Context()); err != nil {
			t.Fatal(err)
		}
		marks := sessions.Marks()
		await.Until(t, "every session goes on", func() bool { return sessions.Passed(marks) == users })
		load.Quiet(true)
		sessions.Quiet(true)
		chat := settle(t, load)
		await.Until(t, "nothing is under way", func() bool { return sessions.Account().UnderWay == 0 })
		of := sessions.Account()
		load.Quiet(false)
		sessions.Quiet(false)
		t.Log(chat)
		t.Log(of)
		if chat.Silent+chat.Doubled+chat.Reordered > 0 {
			t.Error("messages of the chat were lost in silence, doubled or reordered")
		}
		if !of.Whole() || of.Gaps > 0 {
			t.Error("the accounts of the sessions do not balance")
		}
	}
}

package redis_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/tetherscope/tetherscope/internal/app/broker"
	"github.com/tetherscope/tetherscope/internal/app/cluster"
	"github.com/tetherscope/tetherscope/internal/app/redis"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

// redisCluster starts a Redis Cluster of the test's own, with a replica of each primary if there are to be any.
func redisCluster(t *testing.T, replicas bool) *cluster.RedisCluster {
	t.Helper()
	needRedis(t)
	k, err := cluster.StartRedisCluster(t.Context(), cluster.RedisClusterConfig{Dir: t.TempDir(), Replicas: replicas})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Stop(); err != nil {
			t.Error(err)
		}
	})
	return k
}

// clusterOperator is a plain client of a Cluster.
func clusterOperator(t *testing.T, url string) *goredis.ClusterClient {
	t.Helper()
	c, err := redis.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*goredis.ClusterClient)
}

// TestOnACluster: on three primaries everything is as on one server, and no command touches two slots.
func TestOnACluster(t *testing.T) {
	url := redisCluster(t, false).URL()
	op := clusterOperator(t, url)
	for _, c := range []struct {
		name string
		test func(t *testing.T, url string)
	}{
		{"messages", ownMessages},
		{"private messages", privateMessages},
		{"private messages to all primaries", manyPrivateMessages},
		{"order in doubt", orderInDoubt},
		{"tickets", tickets},
		{"history", historyOfAllNodes},
		{"what is delivered is in the history", deliveredIsInHistory},
		{"announcements", announcements},
		{"a stop", noGhosts},
		{"a slot that moves", func(t *testing.T, url string) { t.Helper(); slotMoves(t, url, op) }},
	} {
		err := op.ForEachMaster(t.Context(), func(ctx context.Context, c *goredis.Client) error { return c.FlushAll(ctx).Err() })
		if err != nil {
			t.Fatal(err)
		}
		t.Run(c.name, func(t *testing.T) { c.test(t, url) })
	}
}

// names returns ids whose channels are in the slots of every primary.
func names(n int) (ids []string) {
	for i := range n {
		s := strings.Map(func(r rune) rune { return 'a' + r - '0' }, strconv.Itoa(1000+i))
		ids = append(ids, s+strings.Repeat("x", chat.IDLength-len(s)))
	}
	return ids
}

// manyPrivateMessages: each of many clients gets its own message, once, and presence has all of them.
func manyPrivateMessages(t *testing.T, url string) {
	t.Helper()
	a, b := steady(t, url, "a"), steady(t, url, "b")
	ids := names(60)
	for _, id := range ids {
		b.Join(broker.Client{ID: id, User: "u", Connected: time.Now()})
	}
	eventually(t, "all are present", func() bool { _, total, err := a.Presence(t.Context(), 1); return err == nil && total == len(ids) })
	sent := make(chan broker.Outcome, len(ids))
	for _, id := range ids {
		a.Send(id, []byte("psst"), func(o broker.Outcome) { sent <- o })
	}
	for range ids {
		if o := receive(t, sent); o != broker.Sent {
			t.Errorf("outcome %d", o)
		}
	}
	eventually(t, "all messages", func() bool { return len(b.received()) >= len(ids) })
	got := b.received()
	slices.Sort(got)
	var want []string
	for _, id := range ids {
		want = append(want, id+" psst")
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// announcements: a node that joins later gets what was announced, such as a revoked token.
func announcements(t *testing.T, url string) {
	t.Helper()
	a := steady(t, url, "a")
	a.Announce([]byte("revoked"), time.Now().Add(time.Hour))
	eventually(t, "a node that joins gets it", func() bool {
		late := steady(t, url, "late")
		return slices.Contains(late.received(), "all revoked")
	})
}

// slotMoves: while a slot moves to another primary, as it does when a Cluster is given more of them, what may be missing is announced, and
// messages arrive afterwards.
func slotMoves(t *testing.T, url string, op *goredis.ClusterClient) {
	t.Helper()
	a, b := steady(t, url, "a"), steady(t, url, "b")
	a.PublishKept([]byte("before"))
	eventually(t, "the message", func() bool { return slices.Contains(b.received(), "all before") })
	const channel = "websocket:events"
	slot := int(op.ClusterKeySlot(t.Context(), channel).Val())
	from, err := op.MasterForKey(t.Context(), channel)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range names(60) {
		to, err := op.MasterForKey(t.Context(), "client:"+id+":events")
		if err == nil && to != from {
			move(t, op, slot, from, to)
			break
		}
	}
	eventually(t, "both nodes have lost their subscription, and have it again", func() bool {
		_, lastingA, endedA := a.missed()
		_, lastingB, endedB := b.missed()
		return lastingA > 0 && lastingA == endedA && lastingB > 0 && lastingB == endedB
	})
	at := b.past(t, broker.Position{}).At
	a.PublishKept([]byte("after"))
	eventually(t, "messages arrive", func() bool { return slices.Contains(b.received(), "all after") })
	if p := b.past(t, at); p.Lost || len(p.Messages) != 1 || string(p.Messages[0]) != "after" {
		t.Errorf("the history: %+v", p)
	}
}

// move gives a slot and its keys to another primary.
func move(t *testing.T, op *goredis.ClusterClient, slot int, from, to *goredis.Client) {
	t.Helper()
	run := func(c *goredis.Client, args ...any) string {
		t.Helper()
		v, err := c.Do(t.Context(), args...).Result()
		if err != nil {
			t.Fatal(args[:2], err)
		}
		return fmt.Sprint(v)
	}
	giver, taker := run(from, "CLUSTER", "MYID"), run(to, "CLUSTER", "MYID")
	run(to, "CLUSTER", "SETSLOT", slot, "IMPORTING", giver)
	run(from, "CLUSTER", "SETSLOT", slot, "MIGRATING", taker)
	host, port, _ := strings.Cut(to.Options().Addr, ":")
	for {
		keys := from.ClusterGetKeysInSlot(t.Context(), slot, 100).Val()
		if len(keys) == 0 {
			break
		}
		args := []any{"MIGRATE", host, port, "", 0, 5000, "AUTH", to.Options().Password, "KEYS"}
		for _, k := range keys {
			args = append(args, k)
		}
		run(from, args...)
	}
	_ = op.ForEachMaster(t.Context(), func(ctx context.Context, c *goredis.Client) error {
		return c.Do(ctx, "CLUSTER", "SETSLOT", slot, "NODE", taker).Err() // who does not take it learns it from the others
	})
}

// TestAPrimaryOfAClusterDies: its replica is promoted. Each message arrives once and in order or is announced, and afterwards all is
// as before.
func TestAPrimaryOfAClusterDies(t *testing.T) {
	k := redisCluster(t, true)
	op := clusterOperator(t, k.URL())
	failover(t, k.URL(), func() {
		primary, err := op.MasterForKey(t.Context(), "websocket:events")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range k.Primaries {
			if r.Addr == primary.Options().Addr {
				r.Kill()
			}
		}
	})
}

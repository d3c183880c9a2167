package redis_test

import (
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/app/broker"
	"github.com/tetherscope/tetherscope/internal/app/cluster"
)

// crowd returns the ids of n clients.
func crowd(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		letters := []byte(id("a"))
		for at, rest := 0, i; rest > 0; at, rest = at+1, rest/26 {
			letters[at] = byte('a' + rest%26)
		}
		ids[i] = string(letters)
	}
	return ids
}

// usage is what r has done.
func usage(t *testing.T, r *cluster.Redis) cluster.Usage {
	t.Helper()
	u, err := r.Usage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// joinAll joins clients and waits until they are present.
func joinAll(t *testing.T, n *node, ids []string) {
	t.Helper()
	for _, id := range ids {
		n.Join(broker.Client{ID: id, User: "u", Connected: time.Now()})
	}
	eventually(t, "all are present", func() bool {
		_, total, err := n.Presence(t.Context(), 1)
		return err == nil && total == len(ids)
	})
}

// TestABeatDoesNotGrowWithClients: Redis' own statistics count the commands by which a node of 2,000 clients keeps them present:
// some twenty in four beats, and not one for each client and beat.
func TestABeatDoesNotGrowWithClients(t *testing.T) {
	r := server(t)
	a := joinFor(t, r.URL(), "a", 3*time.Second)
	const clients, beats = 2000, 4
	joinAll(t, a, crowd(clients))
	before := usage(t, r)
	var d cluster.Usage
	eventually(t, "beats", func() bool { d = usage(t, r).Since(before); return d.Commands["pexpire"] >= beats })
	t.Logf("%d clients: in %d beats %v", clients, d.Commands["pexpire"], d.Commands)
	// pexpire, zadd, zremrangebyscore, and publish for the node's progress; and a few batches more if this machine stood still for so long
	// that the clients had expired.
	if most := int64(clients / 4); d.Work() > most {
		t.Errorf("%d commands in %d beats, at most %d expected: %v", d.Work(), d.Commands["pexpire"], most, d.Commands)
	}
}

// TestClientsAreWrittenInBatches: when Redis is back without its data, 2,000 clients cost it a few commands for every 256, and so
// does their leaving.
func TestClientsAreWrittenInBatches(t *testing.T) {
	r := server(t)
	a := steady(t, r.URL(), "a")
	ids := crowd(2000)
	joinAll(t, a, ids)
	r.Kill()
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	joinAll(t, a, ids)
	if d := usage(t, r); d.Commands["hset"] == 0 || d.Commands["hset"] > 40 || d.Commands["subscribe"] > 40 {
		t.Errorf("%v", d.Commands)
	}
	r.Kill()
	for _, id := range ids[1:] {
		a.Leave(id)
	}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	joinAll(t, a, ids[:1])
	if d := usage(t, r); d.Commands["hdel"] > 40 || d.Commands["unsubscribe"] > 40 || d.Work() > 200 {
		t.Errorf("%v", d.Commands)
	}
}

// TestGhostsOfARestoredRedisAreRemoved: a client in its node's hash that the node does not have, as a snapshot brings it back, is not
// present once the node has a subscription again; and what a node finds missing at a renewal it writes again.
func TestGhostsOfARestoredRedisAreRemoved(t *testing.T) {
	r := server(t)
	a := join(t, r.URL(), "a")
	ids := crowd(3)
	joinAll(t, a, ids)
	op := operator(t, r)
	hash := op.Keys(t.Context(), "websocket:clients:*").Val()[0]
	if err := op.HSet(t.Context(), hash, id("g"), "a 1763900000000 ghost").Err(); err != nil {
		t.Fatal(err)
	}
	if err := op.ClientKillByFilter(t.Context(), "TYPE", "pubsub").Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the ghost is gone", func() bool { return !op.HExists(t.Context(), hash, id("g")).Val() })
	if err := op.Del(t.Context(), hash).Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all are written again", func() bool { return op.HLen(t.Context(), hash).Val() == int64(len(ids)) })
}

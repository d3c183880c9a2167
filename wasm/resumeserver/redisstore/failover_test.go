//go:build !js

package redisstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tetherscope/tetherscope/internal/app/cluster"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
	"github.com/tetherscope/tetherscope/wasm/resumeserver/redisstore"
)

// TestSessionsOutliveAFailoverOfSentinel: see outliveFailover.
func TestSessionsOutliveAFailoverOfSentinel(t *testing.T) {
	needRedis(t)
	s, err := cluster.StartSentinel(t.Context(), cluster.SentinelConfig{Dir: t.TempDir(), Sentinels: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	outliveFailover(t, s.URL(), s.Servers[0].Kill)
}

// TestSessionsOutliveAFailoverOfACluster: see outliveFailover. Two primaries of three die, one after the other, so that the one that
// keeps the session is among them more often than not.
func TestSessionsOutliveAFailoverOfACluster(t *testing.T) {
	needRedis(t)
	k, err := cluster.StartRedisCluster(t.Context(), cluster.RedisClusterConfig{Dir: t.TempDir(), Replicas: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Stop(); err != nil {
			t.Error(err)
		}
	})
	op, ok := open(t, k.URL()).(*redis.ClusterClient)
	if !ok {
		t.Fatal("not a Cluster's client")
	}
	outliveFailover(t, k.URL(), func() {
		primary, err := op.MasterForKey(t.Context(), "resume:{"+fenced+"}")
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

// fenced is the name of a session of no client.
const fenced = "fenced"

// outliveFailover lets a client converse while kill ends the primary that keeps the session [fenced], and its replica is promoted. The
// client's session goes on without a gap, and later at another node. The replica may lack the last steps of a session: so it does not know
// [fenced] until its owner has saved it there as a whole.
func outliveFailover(t *testing.T, url string, kill func()) {
	t.Helper()
	store := func() *redisstore.Store { return redisstore.New(open(t, url), redisstore.Options{Grace: time.Second}) }
	owner, other := store(), store()
	ctx := await.Context(t)
	step := resumeserver.Step{
		Name: fenced, Number: 1, Lifetime: time.Minute, First: 1, Whole: true, Owner: "u",
		Append: []resumeserver.Message{{Text: true, Data: []byte("one")}},
	}
	if err := save(ctx, owner, step); err != nil {
		t.Fatal(err)
	}
	one, two := start(t, store()), start(t, store())
	c := converse(t, one)
	c.talk()
	kill()
	c.talk()
	_, err := other.Take(ctx, fenced, "u", 0)
	await.Until(t, "the replica answers", func() bool {
		if err != nil && !errors.Is(err, resumeserver.ErrUnknown) {
			_, err = other.Take(ctx, fenced, "u", 0)
		}
		return err == nil || errors.Is(err, resumeserver.ErrUnknown)
	})
	if err == nil {
		t.Error("another node continues the session from what the replica has")
	}
	more := resumeserver.Step{Name: fenced, Number: 2, Lifetime: time.Minute, First: 2, Taken: 1}
	if err := save(ctx, owner, more); !errors.Is(err, resumeserver.ErrUnknown) {
		t.Errorf("the owner saves a part there: %v", err)
	}
	step.Number = 3
	if err := save(ctx, owner, step); err != nil {
		t.Errorf("the owner saves the whole there: %v", err)
	}
	if r, err := other.Take(ctx, fenced, "u", 0); err != nil || len(r.Pending) != 1 || string(r.Pending[0].Data) != "one" {
		t.Errorf("another node takes it then: %+v, %v", r, err)
	}
	c.talk()
	await.Until(t, "the nodes have Redis", func() bool { return !one.Stats().Alone && !two.Stats().Alone })
	c.talk()
	c.moves(one, two)
}

// save performs one step. Until the Redis is found that has taken the place of one that died, it is tried again.
func save(ctx context.Context, s *redisstore.Store, step resumeserver.Step) error {
	for {
		err := s.Save(ctx, []resumeserver.Step{step})[0]
		if err == nil || errors.Is(err, resumeserver.ErrUnknown) || errors.Is(err, resumeserver.ErrMoved) || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

package redis_test

import (
	"slices"
	"testing"

	"github.com/tetherscope/tetherscope/internal/app/cluster"
)

// sentinel starts a primary, a replica and a Sentinel of the test's own.
func sentinel(t *testing.T) *cluster.Sentinel {
	t.Helper()
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
	return s
}

// TestASentinelPromotesTheReplica: when the primary dies each message arrives once and in order or is announced, and afterwards all is as
// before.
func TestASentinelPromotesTheReplica(t *testing.T) {
	s := sentinel(t)
	privateMessages(t, s.URL())
	failover(t, s.URL(), func() {
		r, err := s.Primary(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.Kill()
	})
	if r, err := s.Primary(t.Context()); err != nil || r != s.Servers[1] {
		t.Errorf("the replica is not the primary: %v", err)
	}
	// The one that died is back with no data, becomes a replica, and is of no harm.
	if err := s.Servers[0].Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, b := steady(t, s.URL(), "c"), steady(t, s.URL(), "d")
	a.Publish([]byte("on"))
	eventually(t, "messages arrive", func() bool { return slices.Contains(b.received(), "all on") })
}

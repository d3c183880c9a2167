//go:build !js

package redisstore_test

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tetherscope/tetherscope/internal/app/cluster"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
	"github.com/tetherscope/tetherscope/wasm/resumeserver/redisstore"
	"github.com/tetherscope/tetherscope/wasm/resumeserver/storetest"
)

// server starts a Redis of the test's own.
func server(t *testing.T) (*cluster.Redis, func(grace time.Duration) func() resumeserver.Store) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("TETHERSCOPE_REQUIRE_TOOLS") != "" {
			t.Fatal("redis-server is not installed")
		}
		t.Skip("redis-server is not installed")
	}
	r, err := cluster.StartRedis(t.Context(), "", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	})
	o, err := redis.ParseURL(r.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(o)
	t.Cleanup(func() { client.Close() })
	return r, func(grace time.Duration) func() resumeserver.Store {
		return func() resumeserver.Store { return redisstore.New(client, redisstore.Options{Grace: grace}) }
	}
}

// TestRedisStore: on a real Redis it does what a store promises.
func TestRedisStore(t *testing.T) {
	_, node := server(t)
	t.Run("fencing", func(t *testing.T) { storetest.Fencing(t, node(0)) })
	t.Run("tokens", func(t *testing.T) { storetest.Tokens(t, node(0)) })
	t.Run("chain", func(t *testing.T) { storetest.Chain(t, node(0)) })
	t.Run("conversation", func(t *testing.T) {
		if moves := storetest.Conversation(t, node(0), 4000); moves < 3 {
			t.Errorf("the session moved %d times only", moves)
		}
	})
}

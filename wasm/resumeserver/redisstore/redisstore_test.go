//go:build !js

package redisstore_test

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tetherscope/tetherscope/internal/app/cluster"
	appredis "github.com/tetherscope/tetherscope/internal/app/redis"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
	"github.com/tetherscope/tetherscope/wasm/resumeserver/redisstore"
	"github.com/tetherscope/tetherscope/wasm/resumeserver/storetest"
)

// needRedis skips the test where Redis is not installed.
func needRedis(t testing.TB) {
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

// server starts a Redis of the test's own.
func server(t *testing.T) (*cluster.Redis, func(grace time.Duration) func() resumeserver.Store) {
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
	client := open(t, r.URL())
	return r, func(grace time.Duration) func() resumeserver.Store {
		return func() resumeserver.Store { return redisstore.New(client, redisstore.Options{Grace: grace}) }
	}
}

// TestRedisStore: on a real Redis it does what a store promises.
func TestRedisStore(t *testing.T) {
	_, node := server(t)
	promises(t, node)
}

func promises(t *testing.T, node func(grace time.Duration) func() resumeserver.Store) {
	t.Helper()
	t.Run("fencing", func(t *testing.T) { storetest.Fencing(t, node(0)) })
	t.Run("tokens", func(t *testing.T) { storetest.Tokens(t, node(0)) })
	t.Run("chain", func(t *testing.T) { storetest.Chain(t, node(0)) })
	t.Run("conversation", func(t *testing.T) {
		if moves := storetest.Conversation(t, node(0), 4000); moves < 3 {
			t.Errorf("the session moved %d times only", moves)
		}
	})
}

// TestRedisStoreOnACluster: on three primaries too.
func TestRedisStoreOnACluster(t *testing.T) {
	needRedis(t)
	k, err := cluster.StartRedisCluster(t.Context(), cluster.RedisClusterConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Stop(); err != nil {
			t.Error(err)
		}
	})
	client := open(t, k.URL())
	promises(t, func(grace time.Duration) func() resumeserver.Store {
		return func() resumeserver.Store { return redisstore.New(client, redisstore.Options{Grace: grace}) }
	})
}

// open returns a client for what the URL names.
func open(t *testing.T, url string) redis.UniversalClient {
	t.Helper()
	client, err := appredis.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

//go:build !js

package redisstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/app/cluster"
	appredis "github.com/tetherscope/tetherscope/internal/app/redis"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
	"github.com/tetherscope/tetherscope/wasm/resumeserver/redisstore"
)

// batch is how many sessions a server saves at once, at most.
const batch = 256

// BenchmarkStore: what the stores take of sessions that are in use: each step has some messages of the handler, of 128 bytes, and
// acknowledges as many of the client's and those of the step before. One op is one message of the handler with the client's that it answers.
// Redis runs on the same machine: what the figure leaves to the nodes is what it does not take.
func BenchmarkStore(b *testing.B) {
	for _, s := range []struct {
		name string
		open func(b *testing.B) resumeserver.Store
	}{
		{"memory", func(*testing.B) resumeserver.Store { return resumeserver.NewMemoryStore(time.Second).Node() }},
		{"redis", func(b *testing.B) resumeserver.Store { b.Helper(); return onRedis(b) }},
		{"cluster", func(b *testing.B) resumeserver.Store { b.Helper(); return onCluster(b) }},
	} {
		b.Run(s.name, func(b *testing.B) {
			for _, sessions := range []int{1, batch} {
				for _, messages := range []int{1, 8} {
					b.Run(fmt.Sprintf("sessions=%d/messages=%d", sessions, messages), func(b *testing.B) { saves(b, s.open(b), sessions, messages) })
				}
			}
		})
	}
}

// saves saves steps of as many sessions at once, each with as many messages.
func saves(b *testing.B, store resumeserver.Store, sessions, messages int) {
	b.Helper()
	payload := make([]byte, 128)
	steps := make([]resumeserver.Step, sessions)
	for i := range steps {
		steps[i] = resumeserver.Step{Name: fmt.Sprintf("session%d", i), Number: 1, Lifetime: time.Hour, First: 1, Whole: true, Owner: "u"}
	}
	send := func() {
		for _, err := range store.Save(context.Background(), steps) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	send()
	for i := range steps {
		steps[i].Whole = false
		for range messages {
			steps[i].Append = append(steps[i].Append, resumeserver.Message{Data: payload})
		}
	}
	next, sent := uint64(1), 0
	b.ResetTimer()
	for b.Loop() {
		for i := range steps {
			steps[i].Number++
			steps[i].Taken, steps[i].Acked, steps[i].First = next, next-1, next
		}
		next += uint64(messages)
		sent += sessions * messages
		send()
	}
	b.ReportMetric(float64(sent)/b.Elapsed().Seconds(), "messages/s")
}

// onRedis returns a store on a Redis of the benchmark's own.
func onRedis(b *testing.B) resumeserver.Store {
	b.Helper()
	needRedis(b)
	r, err := cluster.StartRedis(b.Context(), "", b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = r.Stop() })
	return storeAt(b, r.URL())
}

// onCluster returns a store on three primaries of the benchmark's own.
func onCluster(b *testing.B) resumeserver.Store {
	b.Helper()
	needRedis(b)
	k, err := cluster.StartRedisCluster(b.Context(), cluster.RedisClusterConfig{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = k.Stop() })
	return storeAt(b, k.URL())
}

func storeAt(b *testing.B, url string) resumeserver.Store {
	b.Helper()
	client, err := appredis.Open(url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = client.Close() })
	return redisstore.New(client, redisstore.Options{})
}

package broadcast_test

import (
	"sync"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/internal/broadcast"
)

// TestEveryWaiterIsWoken: one change wakes all, and the next wait is for the next change.
func TestEveryWaiterIsWoken(t *testing.T) {
	var b broadcast.Broadcaster
	b.Broadcast() // without a waiter
	var all sync.WaitGroup
	for range 10 {
		next := b.Next()
		all.Go(func() { <-next })
	}
	b.Broadcast()
	await.Group(t, &all)
	select {
	case <-b.Next():
		t.Error("a change before Next was reported after it")
	default:
	}
}

// TestNoChangeIsMissed: a value that changes after Next was called is seen, whatever the timing.
func TestNoChangeIsMissed(t *testing.T) {
	var b broadcast.Broadcaster
	var mu sync.Mutex
	value := 0
	const last = 1000
	var writer sync.WaitGroup
	writer.Go(func() {
		for range last {
			mu.Lock()
			value++
			mu.Unlock()
			b.Broadcast()
		}
	})
	for {
		next := b.Next()
		mu.Lock()
		v := value
		mu.Unlock()
		if v == last {
			break
		}
		await.Closed(t, next)
	}
	await.Group(t, &writer)
}

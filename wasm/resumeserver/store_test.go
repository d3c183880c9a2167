//go:build !js

package resumeserver_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/wasm/resumeserver"
	"github.com/tetherscope/tetherscope/wasm/resumeserver/storetest"
)

// TestMemoryStore: it does what a store promises.
func TestMemoryStore(t *testing.T) {
	for name, test := range map[string]func(*testing.T, func() resumeserver.Store){"fencing": storetest.Fencing, "tokens": storetest.Tokens, "chain": storetest.Chain} {
		t.Run(name, func(t *testing.T) { test(t, resumeserver.NewMemoryStore(time.Hour).Node) })
		t.Run(name+" of a zero value", func(t *testing.T) { test(t, new(resumeserver.MemoryStore).Node) })
	}
}

// TestSessionsMoveBetweenServers: while a client changes between two servers, and servers end. In a bubble no clock runs while
// there is work, so that a slow machine changes nothing.
func TestSessionsMoveBetweenServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if moves := storetest.Conversation(t, resumeserver.NewMemoryStore(time.Hour).Node, 4000); moves < 3 {
			t.Errorf("the session moved %d times only", moves)
		}
	})
}

package tether_test

import (
	"context"
	"runtime"
	"strings"
	"syscall/js"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// P24: this test proves that a client which has come and gone leaves nothing: no JavaScript value in the table through which
// Go and the page refer to each other, no goroutine, no memory. The runner's page lets it see that table as "go".
func TestThousandsOfClientsLeaveNothing(t *testing.T) {
	clients := 2000
	if testing.Short() {
		clients = 100
	}
	for range 20 {
		comeAndGo(t)
	}
	before := remains()
	for range clients {
		comeAndGo(t)
	}
	after := remains()
	if after.values > before.values+5 {
		t.Errorf("%d JavaScript values are held, %d before", after.values, before.values)
	}
	if after.goroutines > before.goroutines {
		t.Errorf("%d goroutines, %d before", after.goroutines, before.goroutines)
	}
	if after.heap > before.heap+(1<<20) {
		t.Errorf("%d bytes of heap in use, %d before", after.heap, before.heap)
	}
	if after.sys > before.sys+(4<<20) {
		t.Errorf("%d bytes of memory, %d before", after.sys, before.sys)
	}
}

// comeAndGo is the life of one client: connect, send, receive, close.
func comeAndGo(t *testing.T) {
	t.Helper()
	c, err := tether.New(serverURL(t)+"/echo", codec.String())
	if err != nil {
		t.Fatal(err)
	}
	cancel := tether.On(c, func(tether.Opened) {})
	defer cancel()
	ended := make(chan struct{})
	go func() {
		_ = c.Run(context.Background())
		close(ended)
	}()
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	if err := c.Send(ctx, "x"); err != nil {
		t.Fatal(err)
	}
	for _, err := range c.Messages(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	c.Close()
	<-ended
}

// remaining is what the program holds of the page, and of memory.
type remaining struct {
	values, goroutines int
	heap, sys          uint64
}

func remains() (r remaining) {
	for range 5 { // what finalizers of one round free, the next one finds
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
	program := js.Global().Get("go")
	r.values = program.Get("_values").Length() - program.Get("_idPool").Length()
	r.goroutines = runtime.NumGoroutine()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r.heap, r.sys = m.HeapInuse, m.Sys
	return r
}

// 1.8 of coder/websocket's browser half: there a failed attempt is "<undefined>".
func TestAFailedAttemptSaysWhatIsKnown(t *testing.T) {
	c := start(t, "/refuse?status=401", fast, tether.WithBackoff(tether.Backoff{MaxAttempts: 1}))
	if err := c.end(10 * time.Second); err == nil || !strings.Contains(err.Error(), "cannot connect") || strings.Contains(err.Error(), "undefined") {
		t.Errorf("a refused handshake gave %v", err)
	}
}

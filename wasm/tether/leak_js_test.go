package tether_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall/js"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/jsbridge"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// cycles is how many clients come and go: TETHERSCOPE_CYCLES, or few enough for every day.
func cycles() int {
	if n, err := strconv.Atoi(os.Getenv("TETHERSCOPE_CYCLES")); err == nil {
		return n
	}
	if testing.Short() {
		return 100
	}
	return 500
}

// P24: this test proves that a client which has come and gone leaves nothing: no JavaScript value in the table through which
// Go and the page refer to each other, no goroutine, no memory, no connection on the server. The runner's page lets it see
// that table as "go".
func TestThousandsOfClientsLeaveNothing(t *testing.T) {
	const key = "leak"
	several(50+cycles()/10, func() { comeAndGo(t, key) })
	litter()
	socketsGone(t, key)
	before := remains()
	several(cycles(), func() { comeAndGo(t, key) })
	socketsGone(t, key)
	var after remaining
	defer func() {
		t.Logf("account: %d clients, bridge %v: before %v; after %v; on the server: %d accepted, %d live", cycles(), jsbridge.Bridged(),
			before, after, serverStats(t, key).Accepted, serverStats(t, key).Live)
	}()
	await.Until(t, "nothing to be left behind", func() bool { // what a goroutine or a finalizer of the last client does may come late
		after = remains()
		return after.values <= before.values+5 && after.goroutines <= before.goroutines && after.heap <= before.heap+(1<<20) && after.memory <= before.memory+(4<<20)
	})
}

var litterBin []byte

// litter lets the heap grow to what the collector grants a program that holds little, 4 MiB: memory of WebAssembly never
// shrinks, and what is reached only in the middle of a long run would look like a leak.
func litter() {
	for range 16 << 10 {
		litterBin = make([]byte, 1<<10)
	}
}

// several calls do n times, four at a time: with more on their way Chromium makes connections wait.
func several(n int, do func()) {
	const at = 4
	var group sync.WaitGroup
	for i := range at {
		group.Go(func() {
			for range (n + i) / at {
				do()
			}
		})
	}
	group.Wait()
}

// socketsGone waits until the server has no connection.
func socketsGone(t *testing.T, key string) {
	t.Helper()
	await.Until(t, "the server to have no connection", func() bool { return serverStats(t, key).Live == 0 })
}

// comeAndGo is the life of one client: connect, send, receive, close.
func comeAndGo(t *testing.T, key string) {
	t.Helper()
	c, err := tether.New(serverURL(t)+"/echo?key="+key, codec.String())
	if err != nil {
		t.Error(err)
		return
	}
	cancel := tether.On(c, func(tether.Opened) {})
	defer cancel()
	ended := make(chan struct{})
	go func() {
		_ = c.Run(context.Background())
		close(ended)
	}()
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	if err := c.Send(ctx, "x"); err != nil {
		t.Error(err)
	}
	for _, err := range c.Messages(ctx) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	c.Close()
	await.Closed(t, ended)
}

// remaining is what the program holds of the page, and of memory.
type remaining struct {
	values, goroutines int
	heap, memory       uint64
}

func (r remaining) String() string {
	return fmt.Sprintf("%d JavaScript values, %d goroutines, %d KiB of heap, %d KiB of wasm memory", r.values, r.goroutines, r.heap>>10, r.memory>>10)
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
	r.heap = m.HeapInuse
	r.memory = uint64(program.Get("_inst").Get("exports").Get("mem").Get("buffer").Get("byteLength").Int())
	return r
}

// 1.8 of coder/websocket's browser half: there a failed attempt is "<undefined>".
func TestAFailedAttemptSaysWhatIsKnown(t *testing.T) {
	c := start(t, "/refuse?status=401", fast, tether.WithBackoff(tether.Backoff{MaxAttempts: 1}))
	if err := c.end(); err == nil || !strings.Contains(err.Error(), "cannot connect") || strings.Contains(err.Error(), "undefined") {
		t.Errorf("a refused handshake gave %v", err)
	}
}

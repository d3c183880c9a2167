package jsbridge

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall/js"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// held is what the program holds of the page, and the page of the program.
type held struct {
	values, goroutines int
	heap, memory       uint64
}

func (h held) String() string {
	return fmt.Sprintf("%d JavaScript values, %d goroutines, %d KiB of heap, %d KiB of wasm memory", h.values, h.goroutines, h.heap>>10, h.memory>>10)
}

func holds() (h held) {
	for range 5 { // finalizers of one round free what the next one finds
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
	program := js.Global().Get("go")
	h.values = program.Get("_values").Length() - program.Get("_idPool").Length()
	h.goroutines = runtime.NumGoroutine()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.heap = m.HeapInuse
	h.memory = uint64(program.Get("_inst").Get("exports").Get("mem").Get("buffer").Get("byteLength").Int())
	return h
}

// cycles is how many sockets come and go: TETHERSCOPE_CYCLES, or few enough for every day.
func cycles() int {
	if n, err := strconv.Atoi(os.Getenv("TETHERSCOPE_CYCLES")); err == nil {
		return n
	}
	if testing.Short() {
		return 200
	}
	return 500
}

var litterBin []byte

// litter lets the heap grow to what the collector grants a program that holds little, 4 MiB: memory of WebAssembly never
// shrinks, and what is reached only in the middle of a long run would look like a leak.
func litter() {
	for range 16 << 10 {
		litterBin = make([]byte, 1<<10)
	}
}

// P24: every callback is given back.
func TestNothingRemainsOfThousandsOfSockets(t *testing.T) {
	both(t, func(t *testing.T, dial DialFunc) {
		key := strings.ReplaceAll(t.Name(), "/", "-")
		cycle := func() {
			s, l := open(t, dial, "/echo?key="+key)
			l.waitOpen(t)
			s.Close(1000, "")
			l.waitClosed(t)
		}
		for range 50 + cycles()/10 {
			cycle()
		}
		litter()
		eventually(t, key, func(s stats) bool { return s.Live == 0 })
		before := holds()
		for range cycles() {
			cycle()
		}
		server := eventually(t, key, func(s stats) bool { return s.Live == 0 })
		var after held
		defer func() {
			t.Logf("account: %d sockets: before %v; after %v; on the server: %d accepted, %d live", cycles(), before, after, server.Accepted, server.Live)
		}()
		await.Until(t, "nothing to be left behind", func() bool { // what a goroutine or a finalizer of the last socket does may come late
			after = holds()
			return after.values <= before.values+5 && after.goroutines <= before.goroutines && after.heap <= before.heap+(512<<10) && after.memory <= before.memory+(4<<20)
		})
	})
}

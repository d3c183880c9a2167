package tether_test

import (
	"context"
	"strconv"
	"syscall/js"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// P23: what does not wait may be called from a browser's callback, where waiting would stop the page without end, however
// full the queues are and whatever the client is doing.
func TestACallbackOfThePageMayUseTheClient(t *testing.T) {
	c, err := tether.New(serverURL(t)+"/echo", codec.String(), tether.WithOutbox(tether.Limits{Messages: 10}, tether.OverflowBlock))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = c.Run(context.Background())
		close(ended)
	}()
	calls := 0
	f := js.FuncOf(func(js.Value, []js.Value) any {
		calls++
		cancel := tether.On(c, func(tether.Event) {})
		for i := range 20 { // more than there is room for
			var r tether.Receipt
			_ = c.TrySend(strconv.Itoa(i), tether.Track(&r))
			if i%2 == 0 {
				r.Cancel()
			}
		}
		_, _, _ = c.State(), c.Stats(), c.Explain()
		cancel()
		switch calls {
		case 50:
			c.Pause()
		case 60:
			c.Resume()
		case 70:
			c.Reconnect(nil)
		case 100:
			c.Close()
		}
		return nil
	})
	defer f.Release()
	timer := js.Global().Call("setInterval", f, 1)
	defer js.Global().Call("clearInterval", timer)
	defer func() { t.Log(calls, "callbacks") }()
	await.Closed(t, ended)
}

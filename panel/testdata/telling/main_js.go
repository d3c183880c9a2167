// Command telling is a page's program with tether for Go that tells the panel of its life and nothing else.
package main

import (
	"context"
	"syscall/js"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
	"github.com/tetherscope/tetherscope/wasm/tether/inspect"
)

func main() {
	url := "ws://" + js.Global().Get("location").Get("host").String() + "/flaky"
	c, err := tether.New(url, codec.String(), tether.WithBackoff(tether.Backoff{Base: 50 * time.Millisecond, Max: 200 * time.Millisecond}))
	if err != nil {
		panic(err)
	}
	defer inspect.Panel(c, url)()
	if err := c.TrySend("first in the queue"); err != nil {
		panic(err)
	}
	_ = c.Run(context.Background())
}

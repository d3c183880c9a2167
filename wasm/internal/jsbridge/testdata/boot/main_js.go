// Command boot is a program that the tests of static/bridge.js start on pages of many kinds. It connects to $WS_URL,
// sends its $NAME, and puts what came back, and whether it went through the bridge, into globalThis.results[$NAME].
// With $EXIT set it then ends without closing anything.
package main

import (
	"context"
	"os"
	"syscall/js"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/jsbridge"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

func main() {
	name := os.Getenv("NAME")
	c, err := tether.New(os.Getenv("WS_URL"), codec.String())
	if err != nil {
		panic(err)
	}
	go func() { _ = c.Run(context.Background()) }()
	if err := c.Send(context.Background(), name); err != nil {
		panic(err)
	}
	for got, err := range c.Messages(context.Background()) {
		if err != nil {
			panic(err)
		}
		js.Global().Get("results").Set(name, map[string]any{"got": got, "bridged": jsbridge.Bridged()})
		break
	}
	if os.Getenv("EXIT") == "" {
		select {}
	}
}

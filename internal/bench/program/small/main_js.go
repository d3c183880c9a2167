// Command small is about the smallest program that uses the package tether: it logs what arrives.
package main

import (
	"context"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

func main() {
	c, err := tether.New("/ws/echo", codec.String())
	if err != nil {
		panic(err)
	}
	go func() { _ = c.Run(context.Background()) }()
	for m, err := range c.Messages(context.Background()) {
		if err != nil {
			println(err.Error())
			continue
		}
		println(m)
	}
}

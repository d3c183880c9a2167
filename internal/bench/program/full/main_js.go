// Command full is program small with everything that the package tether offers for a connection in a browser.
package main

import (
	"context"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

func main() {
	c, err := tether.New("/ws/resume", codec.String(),
		tether.WithResume(tether.Resume{}), tether.WithHeartbeat(tether.Heartbeat{}), tether.WithPage(tether.Page{}),
		tether.WithWorkerTimers(), tether.WithDiagnosis(3))
	if err != nil {
		panic(err)
	}
	tether.On(c, func(e tether.Gap) { println(e.Cause.Error()) })
	go func() { _ = c.Run(context.Background()) }()
	for m, err := range c.Messages(context.Background()) {
		if err != nil {
			println(err.Error())
			continue
		}
		println(m)
	}
}

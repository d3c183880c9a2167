package tether

import (
	"time"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// What a client learns from its platform beyond its connection is opt-in. Each part stands behind an interface that only its
// option fills, so that the linker leaves out what a program does not use.

// pinger is a conn that can send a protocol ping (RFC 6455 §5.5.2). pong is called when its pong arrived. A browser's
// WebSocket cannot.
type pinger interface{ ping(pong func()) }

// platform reports hints until stop: see [WithPage]. report never blocks.
type platform interface {
	listen(report func(engine.Hint)) (stop func())
}

// alarms are timers in place of time.AfterFunc: see [WithWorkerTimers].
type alarms interface {
	after(d time.Duration, f func()) stopper
	close()
}

// stopper is a *time.Timer, or an alarm.
type stopper interface{ Stop() bool }

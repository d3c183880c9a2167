package tether

import (
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// What a client knows of the world beyond its connection is opt-in. Each part stands behind an interface which only its
// option fills, so that the linker leaves out what a program does not ask for.

// pulse tells a living connection from a dead one: see [WithHeartbeat]. Its rules are part of the machine, as pure as the
// table: opened, heard, beat, probe and hold take an event and append commands. classify and ping are called by the
// shell, because they call the user.
type pulse interface {
	opened(m *machine, ev *event, out []command) []command
	heard(m *machine, ev *event, out []command) (after []command, swallow bool)
	beat(m *machine, ev *event, out []command) []command
	probe(m *machine, ev *event, out []command) []command
	hold(on bool)
	classify(codec.Message) (answer, uint32)
	ping(nonce uint32) codec.Message
	byProtocol() bool
}

// answer is what an inbound message is to the heartbeat.
type answer uint8

const (
	answerNone answer = iota // a message like any other
	answerPong               // a pong: its nonce is in the event
	answerEcho               // our own ping, come back
)

// pinger is a conn that can send a protocol ping (RFC 6455 §5.5.2). pong is called when its pong arrived. A browser's
// WebSocket cannot.
type pinger interface{ ping(pong func()) }

// watch is what follows from hints: see [WithPage].
type watch interface {
	hinted(m *machine, ev *event, out []command) []command
	opened(m *machine, ev *event, out []command) []command
	hiddenTooLong(m *machine, ev *event, out []command) []command
	mayRetry() bool
	moved()
}

// env tells hints until stop. tell never blocks.
type env interface {
	listen(tell func(hint)) (stop func())
}

// hint is what the platform says of the network or the page. None of them is proof of anything (P21).
type hint uint8

const (
	hintOnline   hint = iota // the device has a network again
	hintOffline              // it has none
	hintVisible              // the page is seen
	hintHidden               // it is not
	hintFreeze               // it will not run for a while
	hintThaw                 // it runs again
	hintPageHide             // it goes into the back/forward cache
	hintPageShow             // it came back from there
	hints
)

// alarms are timers in place of time.AfterFunc: see [WithWorkerTimers].
type alarms interface {
	after(d time.Duration, f func()) stopper
	close()
}

// stopper is a *time.Timer, or an alarm.
type stopper interface{ Stop() bool }

// doctor finds out why attempts fail: see [WithDiagnosis].
type doctor interface {
	failed(m *machine, info CloseInfo, out []command) []command
	diagnosed(m *machine, ev *event, out []command) []command
	moved()
	examine(url string, info CloseInfo, tell func(*Diagnosis)) (stop func())
}

// elapsed counts the time that has passed since the client was made, the time that the machine was asleep included.
//
// A monotonic clock may stand still while the device sleeps, and a wall clock may be set. So the larger of the two steps
// counts, but a wall clock only when it ran ahead by more than a second, and nothing ever goes back. Setting the clock
// forward thus looks like a sleep: what follows from that is a probe, never a verdict (P6).
type elapsed struct {
	total time.Duration
	mono  time.Duration
	wall  int64 // nanoseconds since 1970
}

// advance takes the present readings and returns the total.
func (e *elapsed) advance(mono time.Duration, wall int64) time.Duration {
	if e.wall == 0 {
		e.mono, e.wall = mono, wall
	}
	step := max(0, mono-e.mono)
	if slept := time.Duration(wall - e.wall); slept > step+time.Second {
		step = slept
	}
	e.mono, e.wall = mono, wall
	e.total += step
	return e.total
}

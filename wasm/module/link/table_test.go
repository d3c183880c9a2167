// These tests prove that JS is told what to do in the order and form that static/tether/engine.mjs reads, and that
// nothing JS can say does harm.
package link_test

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/wasm/module/link"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// kinds returns the kinds of orders.
func kinds(orders []tether.Order) []tether.OrderKind {
	var out []tether.OrderKind
	for _, o := range orders {
		out = append(out, o.Kind)
	}
	return out
}

func has(orders []tether.Order, kind tether.OrderKind) *tether.Order {
	for i := range orders {
		if orders[i].Kind == kind {
			return &orders[i]
		}
	}
	return nil
}

// TestLifeOfALink: an attempt, a loss, a wait within the window, the next attempt, a close code that ends it.
func TestLifeOfALink(t *testing.T) {
	var table link.Table
	handle := table.Add(link.Settings{MinDelay: 100, MaxDelay: 100})
	if handle == 0 {
		t.Fatal("settings refused")
	}
	dial := has(table.Step(handle, link.Step{Kind: link.Run}), tether.OrderDial)
	if dial == nil || dial.Generation != 1 {
		t.Fatalf("Run: %+v, want the order to dial generation 1", dial)
	}
	table.Step(handle, link.Step{Kind: link.Opened, Generation: 1})
	orders := table.Step(handle, link.Step{Kind: link.Ended, Generation: 1, A: 1006, B: link.FlagOpened})
	retry := has(orders, tether.OrderRetrying)
	if retry == nil || retry.Attempt != 2 || retry.Delay > 100*time.Millisecond {
		t.Fatalf("after a loss: %+v", orders)
	}
	arm := has(orders, tether.OrderArm)
	if arm == nil {
		t.Fatalf("no timer for the wait: %v", kinds(orders))
	}
	if stale := table.Step(handle, link.Step{Kind: link.Ended, Generation: 1, A: 1006}); len(stale) > 0 {
		t.Errorf("an old generation is heard: %v", kinds(stale))
	}
	dial = has(table.Step(handle, link.Step{Kind: link.Fired, A: arm.Timer, B: arm.ID}), tether.OrderDial)
	if dial == nil || dial.Generation <= 1 {
		t.Fatalf("after the wait: %+v", dial)
	}
	orders = table.Step(handle, link.Step{Kind: link.Ended, Generation: dial.Generation, A: 4001, B: link.FlagClean, Text: "token expired"})
	finish := has(orders, tether.OrderFinish)
	if finish == nil || !strings.Contains(finish.Cause, "token expired") {
		t.Errorf("after 4001: %+v", orders)
	}
}

// TestUnresolved: an address that cannot be had is asked for again, unless waiting cannot cure it.
func TestUnresolved(t *testing.T) {
	for _, c := range []struct {
		permanent uint32
		want      tether.OrderKind
	}{{0, tether.OrderRetrying}, {1, tether.OrderFinish}} {
		var table link.Table
		handle := table.Add(link.Settings{})
		table.Step(handle, link.Step{Kind: link.Run})
		orders := table.Step(handle, link.Step{Kind: link.Unresolved, Generation: 1, A: c.permanent, Text: "no token"})
		if o := has(orders, c.want); o == nil || !strings.Contains(o.Cause, "no token") {
			t.Errorf("permanent %d: %+v", c.permanent, orders)
		}
	}
}

// TestCloseIsBounded: the closing handshake has a timer, and its end is the end.
func TestCloseIsBounded(t *testing.T) {
	var table link.Table
	handle := table.Add(link.Settings{CloseTimeout: 70})
	table.Step(handle, link.Step{Kind: link.Run})
	table.Step(handle, link.Step{Kind: link.Opened, Generation: 1})
	arm := has(table.Step(handle, link.Step{Kind: link.Close}), tether.OrderArm)
	if arm == nil || arm.Delay != 70*time.Millisecond {
		t.Fatalf("timer %+v", arm)
	}
	orders := table.Step(handle, link.Step{Kind: link.Fired, A: arm.Timer, B: arm.ID})
	if has(orders, tether.OrderAbandon) == nil || has(orders, tether.OrderFinish) == nil {
		t.Errorf("after the timeout: %v", kinds(orders))
	}
}

// TestHeartbeat: a ping in every interval, its answer told with the time it took, and silence taken for death within interval
// and timeout. What the caller says to be the ping itself is no sign of life.
func TestHeartbeat(t *testing.T) {
	for name, answer := range map[string]tether.Answer{"silence": 99, "echo": tether.AnswerEcho} {
		t.Run(name, func(t *testing.T) {
			var table link.Table
			handle := table.Add(link.Settings{Interval: 1000, Timeout: 400})
			step := func(at float64, s link.Step) []tether.Order {
				s.Mono, s.Wall = at, at
				return table.Step(handle, s)
			}
			step(0, link.Step{Kind: link.Run})
			due := beat(t, step(0, link.Step{Kind: link.Opened, Generation: 1}), 1000)
			orders := step(1000, link.Step{Kind: link.Fired, A: due.Timer, B: due.ID})
			ping := has(orders, tether.OrderPing)
			due = beat(t, orders, 400)
			if ping == nil || ping.ID == 0 {
				t.Fatalf("no ping: %+v", orders)
			}
			orders = step(1025, link.Step{Kind: link.Received, Generation: 1, A: uint32(tether.AnswerPong), B: ping.ID})
			if pong := has(orders, tether.OrderPong); pong == nil || pong.Delay != 25*time.Millisecond {
				t.Fatalf("after the pong: %+v", orders)
			}
			due = beat(t, orders, 975)
			orders = step(2000, link.Step{Kind: link.Fired, A: due.Timer, B: due.ID})
			due = beat(t, orders, 400)
			if answer == tether.AnswerEcho {
				step(2010, link.Step{Kind: link.Received, Generation: 1, A: uint32(answer)})
			}
			orders = step(2400, link.Step{Kind: link.Fired, A: due.Timer, B: due.ID})
			if has(orders, tether.OrderAbandon) == nil || has(orders, tether.OrderRetrying) == nil {
				t.Errorf("after the timeout: %v", kinds(orders))
			}
		})
	}
}

// beat returns the timer of the heartbeat, which is the last one that orders arm, and checks its delay in milliseconds.
func beat(t *testing.T, orders []tether.Order, delay float64) tether.Order {
	t.Helper()
	for _, o := range slices.Backward(orders) {
		if o.Kind == tether.OrderArm {
			if ms := float64(o.Delay) / float64(time.Millisecond); ms != delay {
				t.Fatalf("the heartbeat is due in %v ms, want %v", ms, delay)
			}
			return o
		}
	}
	t.Fatalf("no timer for the heartbeat: %v", kinds(orders))
	return tether.Order{}
}

// TestHints: a hint cuts a wait to a second at most, but never below what the server asked for; it makes the heartbeat of
// an open connection ask at once.
func TestHints(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		least, most  time.Duration
	}{{"nobody asked", "", 0, time.Second}, {"the server asked", `{"retry":60000}`, 59 * time.Second, 61 * time.Second}} {
		t.Run(c.name, func(t *testing.T) {
			var table link.Table
			handle := table.Add(link.Settings{MinDelay: 9e5, MaxDelay: 9e5, Interval: 1e5})
			table.Step(handle, link.Step{Kind: link.Run})
			table.Step(handle, link.Step{Kind: link.Opened, Generation: 1})
			hint := link.Step{Kind: link.Hinted, A: uint32(tether.HintOnline), Mono: 1, Wall: 1}
			if orders := table.Step(handle, hint); has(orders, tether.OrderPing) == nil {
				t.Errorf("open: %v", kinds(orders))
			}
			table.Step(handle, link.Step{Kind: link.Ended, Generation: 1, A: 4200, B: link.FlagOpened, Text: c.reason, Mono: 1, Wall: 1})
			hint.Mono, hint.Wall = 1000, 1000
			retry := has(table.Step(handle, hint), tether.OrderRetrying)
			for ; retry == nil; retry = has(table.Step(handle, hint), tether.OrderRetrying) { // the draw was within the second anyway
				t.Log("drawn again")
			}
			if retry.Delay < c.least || retry.Delay > c.most {
				t.Errorf("the next attempt comes in %v", retry.Delay)
			}
		})
	}
	var table link.Table
	if orders := table.Step(table.Add(link.Settings{}), link.Step{Kind: link.Hinted, A: 200}); len(orders) > 0 {
		t.Errorf("a hint that there is not: %v", kinds(orders))
	}
}

// TestRefusedSettings: what the machine cannot work with gets no handle.
func TestRefusedSettings(t *testing.T) {
	var table link.Table
	for _, s := range []link.Settings{
		{MinDelay: -1}, {MinDelay: 5, MaxDelay: 2}, {Factor: 0.5}, {Factor: math.NaN()}, {ConnectTimeout: -1}, {MaxAttempts: -1}, {Interval: -1}, {Interval: 1, Timeout: -1},
	} {
		if handle := table.Add(s); handle != 0 {
			t.Errorf("%+v: handle %d", s, handle)
		}
	}
}

// TestOrdersAsBytes: the numbers stand where engine.mjs reads them.
func TestOrdersAsBytes(t *testing.T) {
	b := link.AppendOrders(nil, []tether.Order{
		{Kind: tether.OrderArm, Generation: 2, Timer: 3, ID: 4, Delay: 1500 * time.Microsecond},
		{Kind: tether.OrderRetrying, State: tether.Waiting, Attempt: 7, Code: 1000, Reason: "ü", Cause: "why"},
	})
	const fixed = 44
	if len(b) != 2*fixed+len("ü")+len("why") {
		t.Fatalf("%d bytes", len(b))
	}
	for i, want := range []uint32{uint32(tether.OrderArm), 2, 3, 4, 0, 0, 0, 0, 0} {
		if got := binary.LittleEndian.Uint32(b[4*i:]); got != want {
			t.Errorf("number %d is %d, want %d", i, got, want)
		}
	}
	if ms := math.Float64frombits(binary.LittleEndian.Uint64(b[36:])); ms != 1.5 {
		t.Errorf("delay %v ms", ms)
	}
	if tail := string(b[2*fixed:]); tail != "üwhy" {
		t.Errorf("texts %q", tail)
	}
}

// FuzzSteps: whatever JS says, in whatever order, nothing panics and at most one connection is wanted at a time.
func FuzzSteps(f *testing.F) {
	f.Add([]byte{0, 1, 1, 2, 3, 1, 5, 1, 7})
	f.Fuzz(func(t *testing.T, script []byte) {
		var table link.Table
		handle := table.Add(link.Settings{Interval: 1000})
		var last uint32
		for i := 0; i+2 < len(script); i += 3 {
			s := link.Step{Kind: link.StepKind(script[i] % 10), Generation: uint32(script[i+1]), A: uint32(script[i+2]) << 4, B: uint32(script[i+1]), Text: "x", Mono: float64(i) * 700, Wall: float64(i) * 900}
			for _, o := range table.Step(handle, s) {
				if o.Kind != tether.OrderDial {
					continue
				}
				if o.Generation <= last {
					t.Fatalf("generation %d after %d", o.Generation, last)
				}
				last = o.Generation
			}
		}
	})
}

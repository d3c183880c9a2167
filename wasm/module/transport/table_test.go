// These tests prove that JS gets its commands in the order and form that static/tether/engine.mjs reads, and that
// nothing JS can say does harm.
package transport_test

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
	"github.com/tetherscope/tetherscope/wasm/module/transport"
)

// kinds returns the kinds of orders.
func kinds(orders []engine.Order) []engine.OrderKind {
	var out []engine.OrderKind
	for _, o := range orders {
		out = append(out, o.Kind)
	}
	return out
}

func has(orders []engine.Order, kind engine.OrderKind) *engine.Order {
	for i := range orders {
		if orders[i].Kind == kind {
			return &orders[i]
		}
	}
	return nil
}

// TestLifeOfATransport: an attempt, a loss, a wait within the window, the next attempt, a close code that ends it.
func TestLifeOfATransport(t *testing.T) {
	var table transport.Table
	handle := table.Add(transport.Settings{MinDelay: 100, MaxDelay: 100})
	if handle == 0 {
		t.Fatal("settings refused")
	}
	dial := has(table.Step(handle, engine.Step{Kind: engine.StepRun}), engine.OrderDial)
	if dial == nil || dial.Generation != 1 {
		t.Fatalf("Run: %+v, want the order to dial generation 1", dial)
	}
	table.Step(handle, engine.Step{Kind: engine.StepOpened, Generation: 1})
	orders := table.Step(handle, engine.Step{Kind: engine.StepEnded, Generation: 1, A: 1006, B: engine.FlagOpened})
	retry := has(orders, engine.OrderRetrying)
	if retry == nil || retry.Attempt != 2 || retry.Delay > 100*time.Millisecond {
		t.Fatalf("after a loss: %+v", orders)
	}
	arm := has(orders, engine.OrderArm)
	if arm == nil {
		t.Fatalf("no timer for the wait: %v", kinds(orders))
	}
	if stale := table.Step(handle, engine.Step{Kind: engine.StepEnded, Generation: 1, A: 1006}); len(stale) > 0 {
		t.Errorf("an old generation is not ignored: %v", kinds(stale))
	}
	dial = has(table.Step(handle, engine.Step{Kind: engine.StepFired, A: arm.Timer, B: arm.ID}), engine.OrderDial)
	if dial == nil || dial.Generation <= 1 {
		t.Fatalf("after the wait: %+v", dial)
	}
	orders = table.Step(handle, engine.Step{Kind: engine.StepEnded, Generation: dial.Generation, A: 4001, B: engine.FlagClean, Text: "token expired"})
	finish := has(orders, engine.OrderFinish)
	if finish == nil || !strings.Contains(finish.Cause, "token expired") {
		t.Errorf("after 4001: %+v", orders)
	}
}

// TestWhatAnEndLeadsTo: the status of a refused handshake decides as natively, and the page's wish goes before it, unless it is for a
// token that the server does not want.
func TestWhatAnEndLeadsTo(t *testing.T) {
	const refresh = transport.FlagRefresh
	for _, c := range []struct {
		name        string
		code, flags uint32
		reason      string
		stops       bool
		want        string
	}{
		{"401", 1006, 401 << transport.StatusShift, "", true, "HTTP 4xx"},
		{"401, and a token may be had", 1006, 401<<transport.StatusShift | refresh, "", false, "once more"},
		{"429", 1006, 429 << transport.StatusShift, "", false, "HTTP 429"},
		{"404, and the page wants to go on", 1006, 404<<transport.StatusShift | transport.FlagRetry, "", false, "says yes"},
		{"no status", 1006, 0, "", false, "try again"},
		{"a status of a connection that was open", 1006, 404<<transport.StatusShift | engine.FlagOpened, "", false, "try again"},
		{"4401, and a token may be had", 4401, refresh, "", false, "once more"},
		{"404, and another server has not refused", 1006, 404<<transport.StatusShift | transport.FlagOthers, "", false, "another server"},
		{"4001 ends a socket with several servers", 4001, engine.FlagOpened | transport.FlagOthers, "", true, "4000"},
		{"4401, which the server says is final", 4401, refresh, `{"reconnect":false}`, true, "reconnect"},
	} {
		var table transport.Table
		handle := table.Add(transport.Settings{MinDelay: 1, MaxDelay: 1})
		table.Step(handle, engine.Step{Kind: engine.StepRun})
		orders := table.Step(handle, engine.Step{Kind: engine.StepEnded, Generation: 1, A: c.code, B: c.flags, Text: c.reason})
		retry, finish := has(orders, engine.OrderRetrying), has(orders, engine.OrderFinish)
		said := ""
		switch {
		case retry != nil:
			said = retry.Reason
		case finish != nil:
			said = finish.Cause
		}
		if stops := finish != nil; stops != c.stops || !strings.Contains(said, c.want) {
			t.Errorf("%s: stops %v, %q", c.name, stops, said)
		}
	}
}

// TestServersShareTheWindow: with two servers the window of the backoff grows with every second failure, and what one of them asks to wait
// for counts only if the other one is avoided, too.
func TestServersShareTheWindow(t *testing.T) {
	for _, c := range []struct {
		servers     float64
		flags       uint32
		least, most time.Duration // of the delay after the second failure, in 200 draws
	}{
		{1, 0, 5 * time.Second, 30200 * time.Millisecond},
		{2, 0, 5 * time.Second, 30100 * time.Millisecond},
		{2, transport.FlagElsewhere, 0, 100 * time.Millisecond},
		{1, transport.FlagElsewhere, 0, 200 * time.Millisecond},
	} {
		var longest time.Duration
		for range 200 {
			var table transport.Table
			handle := table.Add(transport.Settings{MinDelay: 100, MaxDelay: 1000, Factor: 2, Servers: c.servers})
			table.Step(handle, engine.Step{Kind: engine.StepRun})
			first := table.Step(handle, engine.Step{Kind: engine.StepEnded, Generation: 1, A: 1006})
			due := has(first, engine.OrderArm)
			dial := has(table.Step(handle, engine.Step{Kind: engine.StepFired, A: due.Timer, B: due.ID}), engine.OrderDial)
			second := table.Step(handle, engine.Step{Kind: engine.StepEnded, Generation: dial.Generation, A: 1012, B: c.flags})
			delay := has(second, engine.OrderRetrying).Delay
			if delay < c.least || delay > c.most {
				t.Errorf("%v servers, flags %d: a delay of %v, want %v to %v", c.servers, c.flags, delay, c.least, c.most)
			}
			longest = max(longest, delay)
		}
		if longest < c.most/2 {
			t.Errorf("%v servers, flags %d: no delay of 200 is longer than %v", c.servers, c.flags, longest)
		}
	}
}

// TestUnresolved: an address that cannot be had is asked for again, unless waiting cannot cure it.
func TestUnresolved(t *testing.T) {
	for _, c := range []struct {
		permanent uint32
		want      engine.OrderKind
	}{{0, engine.OrderRetrying}, {1, engine.OrderFinish}} {
		var table transport.Table
		handle := table.Add(transport.Settings{})
		table.Step(handle, engine.Step{Kind: engine.StepRun})
		orders := table.Step(handle, engine.Step{Kind: engine.StepUnresolved, Generation: 1, A: c.permanent, Text: "no token"})
		if o := has(orders, c.want); o == nil || !strings.Contains(o.Cause, "no token") {
			t.Errorf("permanent %d: %+v", c.permanent, orders)
		}
	}
}

// TestCloseIsBounded: the closing handshake has a timer, and its end is the end.
func TestCloseIsBounded(t *testing.T) {
	var table transport.Table
	handle := table.Add(transport.Settings{CloseTimeout: 70})
	table.Step(handle, engine.Step{Kind: engine.StepRun})
	table.Step(handle, engine.Step{Kind: engine.StepOpened, Generation: 1})
	arm := has(table.Step(handle, engine.Step{Kind: engine.StepClose}), engine.OrderArm)
	if arm == nil || arm.Delay != 70*time.Millisecond {
		t.Fatalf("timer %+v", arm)
	}
	orders := table.Step(handle, engine.Step{Kind: engine.StepFired, A: arm.Timer, B: arm.ID})
	if has(orders, engine.OrderAbandon) == nil || has(orders, engine.OrderFinish) == nil {
		t.Errorf("after the timeout: %v", kinds(orders))
	}
}

// TestHeartbeat: a ping in every interval, its answer reported with the time it took, and silence taken for death within interval
// and timeout. What the caller says to be the ping itself is no sign of life.
func TestHeartbeat(t *testing.T) {
	for name, answer := range map[string]engine.Answer{"silence": 99, "echo": engine.AnswerEcho} {
		t.Run(name, func(t *testing.T) {
			var table transport.Table
			handle := table.Add(transport.Settings{Interval: 1000, Timeout: 400})
			step := func(at float64, s engine.Step) []engine.Order {
				s.Mono, s.Wall = at, at
				return table.Step(handle, s)
			}
			step(0, engine.Step{Kind: engine.StepRun})
			due := beat(t, step(0, engine.Step{Kind: engine.StepOpened, Generation: 1}), 1000)
			orders := step(1000, engine.Step{Kind: engine.StepFired, A: due.Timer, B: due.ID})
			ping := has(orders, engine.OrderPing)
			due = beat(t, orders, 400)
			if ping == nil || ping.ID == 0 {
				t.Fatalf("no ping: %+v", orders)
			}
			orders = step(1025, engine.Step{Kind: engine.StepReceived, Generation: 1, A: uint32(engine.AnswerPong), B: ping.ID})
			if pong := has(orders, engine.OrderPong); pong == nil || pong.Delay != 25*time.Millisecond {
				t.Fatalf("after the pong: %+v", orders)
			}
			due = beat(t, orders, 975)
			orders = step(2000, engine.Step{Kind: engine.StepFired, A: due.Timer, B: due.ID})
			due = beat(t, orders, 400)
			if answer == engine.AnswerEcho {
				step(2010, engine.Step{Kind: engine.StepReceived, Generation: 1, A: uint32(answer)})
			}
			orders = step(2400, engine.Step{Kind: engine.StepFired, A: due.Timer, B: due.ID})
			if has(orders, engine.OrderAbandon) == nil || has(orders, engine.OrderRetrying) == nil {
				t.Errorf("after the timeout: %v", kinds(orders))
			}
		})
	}
}

// TestHeartbeatAndTransfers: bytes that leave are life, and a message may arrive unseen for as long as the settings say; then silence is death.
// What has left the browser may take as long to leave the kernel.
func TestHeartbeatAndTransfers(t *testing.T) {
	const size = 1 << 20
	for name, c := range map[string]struct {
		transfer float64
		left     [4]uint64 // at each look, 400 ms apart at most
		dead     [4]bool
	}{
		"an upload":               {0, [4]uint64{100, 200, 300, 400}, [4]bool{}},
		"an upload that stops":    {0, [4]uint64{100, 200, 200, 200}, [4]bool{3: true}},
		"silence":                 {0, [4]uint64{}, [4]bool{0: true}},
		"perhaps a slow download": {600, [4]uint64{}, [4]bool{2: true}},
	} {
		t.Run(name, func(t *testing.T) {
			var table transport.Table
			handle := table.Add(transport.Settings{Interval: 1000, Timeout: 400, Transfer: c.transfer})
			step := func(at float64, s engine.Step, left uint64) []engine.Order {
				s.Mono, s.Wall, s.Flow = at, at, &engine.Flow{Handed: size, Left: left, Moved: left}
				return table.Step(handle, s)
			}
			step(0, engine.Step{Kind: engine.StepRun}, 0)
			due := armed(t, step(0, engine.Step{Kind: engine.StepOpened, Generation: 1}, 0))
			due = armed(t, step(1000, engine.Step{Kind: engine.StepFired, A: due.Timer, B: due.ID}, 0))
			at := 1000.0
			for i := range c.left {
				at += float64(due.Delay) / float64(time.Millisecond)
				orders := step(at, engine.Step{Kind: engine.StepFired, A: due.Timer, B: due.ID}, c.left[i])
				if dead := has(orders, engine.OrderAbandon) != nil; dead != c.dead[i] {
					t.Fatalf("look %d: %v", i, kinds(orders))
				} else if dead {
					return
				}
				due = armed(t, orders)
			}
		})
	}
}

// armed returns the last timer that orders arm: that of the heartbeat, after the others.
func armed(t *testing.T, orders []engine.Order) engine.Order {
	t.Helper()
	for _, o := range slices.Backward(orders) {
		if o.Kind == engine.OrderArm {
			return o
		}
	}
	t.Fatalf("no timer for the heartbeat: %v", kinds(orders))
	return engine.Order{}
}

// beat is armed, which checks the delay in milliseconds.
func beat(t *testing.T, orders []engine.Order, delay float64) engine.Order {
	t.Helper()
	o := armed(t, orders)
	if ms := float64(o.Delay) / float64(time.Millisecond); ms != delay {
		t.Fatalf("the heartbeat is due in %v ms, want %v", ms, delay)
	}
	return o
}

// TestHints: a hint cuts a wait to a second at most, but never below what the server asked for; it makes the heartbeat of
// an open connection ask at once.
func TestHints(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		least, most  time.Duration
	}{{"no one asked", "", 0, time.Second}, {"the server asked", `{"retry":60000}`, 59 * time.Second, 61 * time.Second}} {
		t.Run(c.name, func(t *testing.T) {
			var table transport.Table
			handle := table.Add(transport.Settings{MinDelay: 9e5, MaxDelay: 9e5, Interval: 1e5})
			table.Step(handle, engine.Step{Kind: engine.StepRun})
			table.Step(handle, engine.Step{Kind: engine.StepOpened, Generation: 1})
			hint := engine.Step{Kind: engine.StepHinted, A: uint32(engine.HintOnline), Mono: 1, Wall: 1}
			if orders := table.Step(handle, hint); has(orders, engine.OrderPing) == nil {
				t.Errorf("open: %v", kinds(orders))
			}
			table.Step(handle, engine.Step{Kind: engine.StepEnded, Generation: 1, A: 4200, B: engine.FlagOpened, Text: c.reason, Mono: 1, Wall: 1})
			hint.Mono, hint.Wall = 1000, 1000
			retry := has(table.Step(handle, hint), engine.OrderRetrying)
			for ; retry == nil; retry = has(table.Step(handle, hint), engine.OrderRetrying) { // the draw was within the second anyway
				t.Log("drawn again")
			}
			if retry.Delay < c.least || retry.Delay > c.most {
				t.Errorf("the next attempt comes in %v", retry.Delay)
			}
		})
	}
	var table transport.Table
	if orders := table.Step(table.Add(transport.Settings{}), engine.Step{Kind: engine.StepHinted, A: 200}); len(orders) > 0 {
		t.Errorf("a hint that there is not: %v", kinds(orders))
	}
}

// TestRefusedSettings: what the machine cannot work with gets no handle.
func TestRefusedSettings(t *testing.T) {
	var table transport.Table
	for _, s := range []transport.Settings{
		{MinDelay: -1}, {MinDelay: 5, MaxDelay: 2}, {Factor: 0.5}, {Factor: math.NaN()}, {ConnectTimeout: -1}, {MaxAttempts: -1}, {Servers: -1}, {Interval: -1}, {Interval: 1, Timeout: -1},
	} {
		if handle := table.Add(s); handle != 0 {
			t.Errorf("%+v: handle %d", s, handle)
		}
	}
}

// TestOrdersAsBytes: the numbers stand where engine.mjs reads them.
func TestOrdersAsBytes(t *testing.T) {
	b := transport.AppendOrders(nil, []engine.Order{
		{Kind: engine.OrderArm, Generation: 2, Timer: 3, ID: 4, Delay: 1500 * time.Microsecond},
		{Kind: engine.OrderRetrying, State: engine.Waiting, Attempt: 7, Code: 1000, Reason: "ü", Cause: "why"},
	})
	const fixed = 44
	if len(b) != 2*fixed+len("ü")+len("why") {
		t.Fatalf("%d bytes", len(b))
	}
	for i, want := range []uint32{uint32(engine.OrderArm), 2, 3, 4, 0, 0, 0, 0, 0} {
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
		var table transport.Table
		handle := table.Add(transport.Settings{Interval: 1000})
		var last uint32
		for i := 0; i+2 < len(script); i += 3 {
			s := engine.Step{Kind: engine.StepKind(script[i] % 10), Generation: uint32(script[i+1]), A: uint32(script[i+2]) << 4, B: uint32(script[i+1]), Text: "x", Mono: float64(i) * 700, Wall: float64(i) * 900}
			for _, o := range table.Step(handle, s) {
				if o.Kind != engine.OrderDial {
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

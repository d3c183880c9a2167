// Package program is what the benchmark's Go programs have in common: how the page calls them, and the counting.
package program

import (
	"slices"
	"syscall/js"
	"time"
)

// Measurement is one run of one scenario.
type Measurement struct {
	Scenario string // "text", "binary", "pingpong", "firehose"
	URL      string
	N        int // messages
	Size     int // bytes of each

	started, asked time.Time
	sent, received int
	elapsed        time.Duration
	latencies      []time.Duration
}

// Start begins the measured time: the connection is open.
func (m *Measurement) Start() { m.started = time.Now() }

// Ahead returns how many messages to send before the first one is received.
func (m *Measurement) Ahead() int {
	if m.Scenario == "pingpong" || m.Scenario == "firehose" {
		return 1
	}
	return min(256, m.N)
}

// Asked counts a message that is about to be sent.
func (m *Measurement) Asked() {
	m.sent++
	if m.Scenario == "pingpong" {
		m.asked = time.Now()
	}
}

// Received counts a message and says whether to send another one, and whether it was the last.
func (m *Measurement) Received() (again, done bool) {
	m.received++
	if m.Scenario == "pingpong" {
		m.latencies = append(m.latencies, time.Since(m.asked))
	}
	if m.received == m.N {
		m.elapsed = time.Since(m.started)
		return false, true
	}
	return m.Scenario != "firehose" && m.sent < m.N, false
}

func (m *Measurement) result() map[string]any {
	slices.Sort(m.latencies)
	quantile := func(q float64) float64 {
		if len(m.latencies) == 0 {
			return 0
		}
		return milliseconds(m.latencies[int(float64(len(m.latencies))*q)])
	}
	return map[string]any{"ms": milliseconds(m.elapsed), "p50": quantile(0.5), "p99": quantile(0.99)}
}

func milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }

// Offer puts globalThis.measure on the page, which runs f, and never returns.
func Offer(f func(*Measurement) error) {
	js.Global().Set("measure", js.FuncOf(func(_ js.Value, args []js.Value) any {
		m := &Measurement{Scenario: args[0].String(), URL: args[1].String(), N: args[2].Int(), Size: args[3].Int()}
		return js.Global().Get("Promise").New(js.FuncOf(func(_ js.Value, settle []js.Value) any {
			go func() {
				if err := f(m); err != nil {
					settle[1].Invoke(js.Global().Get("Error").New(err.Error()))
					return
				}
				settle[0].Invoke(m.result())
			}()
			return nil
		}))
	}))
	select {}
}

// Package program is what the benchmark's Go programs have in common: how the page calls them, and the counting.
package program

import (
	"slices"
	"syscall/js"
	"time"
)

// Measurement is one run of one scenario.
type Measurement struct {
	Mode   string // "pingpong", "pipelined", "firehose"
	Binary bool
	URL    string
	N      int // messages
	Size   int // bytes of each
	Window int // messages in flight

	started        time.Time
	asked          time.Duration // since started
	sent, received int
	elapsed        time.Duration
	latencies      []time.Duration
}

// Start begins the measured time: the connection is open.
func (m *Measurement) Start() {
	m.latencies = make([]time.Duration, 0, m.N)
	m.started = time.Now()
}

// Firehose reports whether the server alone sends, once it has one message.
func (m *Measurement) Firehose() bool { return m.Mode == "firehose" }

// Asked counts a message that is about to be sent.
func (m *Measurement) Asked() {
	m.sent++
	if m.Mode == "pingpong" {
		m.asked = time.Since(m.started)
	}
}

// Received counts a message and says whether to send another one, and whether it was the last.
func (m *Measurement) Received() (again, done bool) {
	m.received++
	if m.Mode == "pingpong" {
		m.latencies = append(m.latencies, time.Since(m.started)-m.asked)
	}
	if m.received == m.N {
		m.elapsed = time.Since(m.started)
		return false, true
	}
	return !m.Firehose() && m.sent < m.N, false
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
		asked := args[0]
		m := &Measurement{
			Mode: asked.Get("mode").String(), Binary: asked.Get("binary").Bool(), URL: asked.Get("url").String(),
			N: asked.Get("n").Int(), Size: asked.Get("size").Int(), Window: asked.Get("window").Int(),
		}
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

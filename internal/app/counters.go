package app

import (
	"fmt"

	"github.com/VictoriaMetrics/metrics"
)

// counters are what an operator watches. Labels come from short lists of ours, never from what a client sent.
type counters struct {
	set                                 *metrics.Set
	inMessages, inBytes                 *metrics.Counter
	outMessages, outBytes               *metrics.Counter
	dropped, slow, silent, gaps, missed *metrics.Counter
}

func newCounters(set *metrics.Set) *counters {
	const p = "tetherscope_app_"
	return &counters{
		set:         set,
		inMessages:  set.GetOrCreateCounter(p + `messages_total{direction="in"}`),
		outMessages: set.GetOrCreateCounter(p + `messages_total{direction="out"}`),
		inBytes:     set.GetOrCreateCounter(p + `message_bytes_total{direction="in"}`),
		outBytes:    set.GetOrCreateCounter(p + `message_bytes_total{direction="out"}`),
		dropped:     set.GetOrCreateCounter(p + `dropped_messages_total`),
		slow:        set.GetOrCreateCounter(p + `slow_readers_total`),
		silent:      set.GetOrCreateCounter(p + `heartbeat_timeouts_total`),
		gaps:        set.GetOrCreateCounter(p + `broker_gaps_total`),
		missed:      set.GetOrCreateCounter(p + `broker_missed_messages_total`),
	}
}

// gauges registers values that are read when the metrics are requested.
func (c *counters) gauges(a *App) {
	const p = "tetherscope_app_"
	c.set.GetOrCreateGauge(p+"connections", func() float64 { return float64(a.open.Load()) })
	c.set.GetOrCreateGauge(p+"clients", func() float64 { return float64(a.clients.len()) })
	c.set.GetOrCreateGauge(p+"broker_lag_seconds", func() float64 { return a.cfg.Broker.Lag().Seconds() })
}

func (c *counters) in(bytes int) {
	c.inMessages.Inc()
	c.inBytes.Add(bytes)
}

func (c *counters) out(messages, bytes int) {
	c.outMessages.Add(messages)
	c.outBytes.Add(bytes)
}

// refused counts a handshake that was refused with HTTP.
func (c *counters) refused(status int) {
	c.set.GetOrCreateCounter(fmt.Sprintf(`tetherscope_app_refused_total{status="%d"}`, status)).Inc()
}

// closed counts how a connection ended, by side and close code.
func (c *counters) closed(side string, code int) {
	c.set.GetOrCreateCounter(fmt.Sprintf(`tetherscope_app_closed_total{by=%q,code=%q}`, side, codeLabel(code))).Inc()
}

// codeLabel keeps the number of labels small: a client may close with any of 2,000 private codes.
func codeLabel(code int) string {
	if code >= 1000 && code <= 1015 || code >= 4000 && code <= 4003 {
		return fmt.Sprint(code)
	}
	return "other"
}

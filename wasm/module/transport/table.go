package transport

import (
	"math/rand/v2"
	"time"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// Settings are the options that JS sets for a transport. Times are in milliseconds; 0 is the default.
type Settings struct {
	MinDelay, MaxDelay, Factor, MinUptime, MaxAttempts, ConnectTimeout, CloseTimeout float64

	// Of the heartbeat; without Interval there is none. Transfer is how long a message may arrive unseen.
	Interval, Timeout, Transfer float64

	Servers float64 // that attempts go to in turn
}

// Flags of [engine.StepEnded] beside those of the engine: what the page wants to follow, whatever the table of close codes says.
const (
	FlagStop    = 1 << 2 // no further attempt
	FlagRetry   = 1 << 3 // another attempt
	FlagRefresh = 1 << 4 // another attempt, for which the page may have a newer token
	// Of a socket with several servers.
	FlagElsewhere = 1 << 5 // another server is good: no wait is asked for by that one
	FlagOthers    = 1 << 6 // another server has not refused the handshake
)

// StatusShift is where the HTTP status of a refused handshake begins in the flags, for implementations of WebSocket that say it.
const StatusShift = 16

// ending is what the page knows of the end that the step reports, beside what the engine does: flags, or 0, and a status, or 0.
type ending struct {
	flags  uint32
	status int
}

// decide is the policy: the page's wish, and otherwise that of package tether.
func (e *ending) decide(c engine.CloseInfo) engine.Decision {
	info := e.closeInfo(c)
	d := tether.DefaultDecide(info)
	switch {
	case e.flags&FlagStop != 0:
		return engine.Decision{Stop: true, Rule: "shouldReconnect says no"}
	case e.flags&FlagRetry != 0:
		return engine.Decision{After: d.After, Spread: d.Spread, Rule: "shouldReconnect says yes"}
	case e.flags&FlagRefresh != 0 && !hinted(info, d):
		return engine.Decision{After: d.After, Spread: d.Spread, Rule: "unauthorized: the page is asked for a token once more"}
	}
	return engine.Decision(e.failover(info, d))
}

// failover decides as tether.WithFailover does, of which JS keeps the memory.
func (e *ending) failover(c tether.CloseInfo, d tether.Decision) tether.Decision {
	switch {
	case d.Stop && !c.Opened && e.flags&FlagOthers != 0:
		return tether.Decision{Rule: d.Rule + "; another server is tried"}
	case !d.Stop && e.flags&FlagElsewhere != 0 && !hinted(c, d):
		d.After, d.Spread = 0, 0
	}
	return d
}

// hinted reports whether a retry hint in the reason led to d.
func hinted(c tether.CloseInfo, d tether.Decision) bool {
	c.Reason = ""
	return tether.DefaultDecide(c) != d
}

// closeError is the cause that events have.
func (e *ending) closeError(c engine.CloseInfo) error {
	return &tether.CloseError{CloseInfo: e.closeInfo(c)}
}

func (e *ending) closeInfo(c engine.CloseInfo) tether.CloseInfo {
	info := tether.CloseInfo{Code: tether.Code(c.Code), Reason: c.Reason, Clean: c.Clean, Opened: c.Opened, Err: c.Err}
	if e.status != 0 && !c.Opened && c.Err == nil {
		info.Err = &tether.HandshakeError{Status: e.status}
	}
	return info
}

// config returns what the engine needs, or nil when s is out of range.
func (s Settings) config(e *ending) *engine.Config {
	c := &engine.Config{
		Backoff: engine.Backoff{
			Base: duration(s.MinDelay), Max: duration(s.MaxDelay), Factor: s.Factor,
			MinUptime: duration(s.MinUptime), MaxAttempts: int(s.MaxAttempts),
		}.Filled(),
		ConnectTimeout: durationOr(s.ConnectTimeout, engine.DefaultConnectTimeout),
		CloseTimeout:   durationOr(s.CloseTimeout, engine.DefaultCloseTimeout),
		Servers:        int(s.Servers),
		Decide:         e.decide,
		CloseError:     e.closeError,
		StopError:      stopError,
	}
	if c.Backoff.Problem() != "" || c.ConnectTimeout < 0 || c.CloseTimeout < 0 || c.Servers < 0 {
		return nil
	}
	if interval, timeout := duration(s.Interval), durationOr(s.Timeout, engine.DefaultHeartbeatTimeout); interval != 0 {
		if interval < 0 || timeout < 0 {
			return nil
		}
		c.Heartbeat = engine.NewHeartbeat(interval, timeout)
	}
	return c
}

func duration(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

func durationOr(ms float64, otherwise time.Duration) time.Duration {
	if d := duration(ms); d != 0 {
		return d
	}
	return otherwise
}

// stopError is that of package tether.
func stopError(rule string, cause error) error { return &tether.StopError{Rule: rule, Err: cause} }

// Table holds the living transports by handle. The zero value is empty. JS is one thread, so there is no lock.
type Table struct {
	members map[uint32]*member
	last    uint32
}

// member is one transport.
type member struct {
	engine *engine.Engine
	ending ending
	flow   engine.Flow
}

// Add makes a transport and returns its handle, or 0 when the settings are out of range. JS has checked them before, so that a
// refusal is a mistake of ours.
func (t *Table) Add(s Settings) uint32 {
	m := &member{flow: engine.Flow{Silence: duration(s.Transfer)}}
	c := s.config(&m.ending)
	if c == nil {
		return 0
	}
	if t.members == nil {
		t.members = make(map[uint32]*member)
	}
	t.last++
	m.engine = engine.NewEngine(c, rand.Float64, tether.Permanent)
	t.members[t.last] = m
	return t.last
}

// Remove forgets a transport.
func (t *Table) Remove(handle uint32) { delete(t.members, handle) }

// Has reports whether there is a transport of that handle. JS uses no handle that it was not given: another one is a mistake of ours.
func (t *Table) Has(handle uint32) bool { return t.members[handle] != nil }

// Step passes a step to a transport, with what its settings say of its flow, and returns the orders that follow, valid until the transport's next step. A handle without a
// transport gets none.
func (t *Table) Step(handle uint32, s engine.Step) []engine.Order {
	m := t.members[handle]
	if m == nil {
		return nil
	}
	if s.Flow != nil {
		s.Flow.Silence = m.flow.Silence
		m.flow = *s.Flow
		s.Flow = &m.flow
	}
	m.ending = ending{}
	if s.Kind == engine.StepEnded {
		m.ending = ending{s.B & (1<<StatusShift - 1), int(s.B >> StatusShift)}
	}
	return m.engine.Step(s)
}

package link

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/tetherscope/tetherscope/wasm/tether"
)

// Settings are what JS gives for a link. Times in milliseconds; 0 is the default.
type Settings struct {
	MinDelay, MaxDelay, Factor, MinUptime, MaxAttempts, ConnectTimeout, CloseTimeout float64

	Interval, Timeout float64 // of the heartbeat; without Interval there is none
}

func (s Settings) engine() (*tether.Engine, error) {
	var beat *tether.Heartbeat
	if s.Interval != 0 {
		beat = &tether.Heartbeat{Interval: duration(s.Interval), Timeout: duration(s.Timeout)}
	}
	return tether.NewEngine(tether.EngineOptions{
		Heartbeat: beat,
		Backoff: tether.Backoff{
			Base: duration(s.MinDelay), Max: duration(s.MaxDelay), Factor: s.Factor,
			MinUptime: duration(s.MinUptime), MaxAttempts: int(s.MaxAttempts),
		},
		ConnectTimeout: duration(s.ConnectTimeout),
		CloseTimeout:   duration(s.CloseTimeout),
		Random:         rand.Float64,
	})
}

func duration(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// Table holds the living links by handle. The zero value is empty. JS is one thread, so there is no lock.
type Table struct {
	engines map[uint32]*tether.Engine
	last    uint32
}

// Add makes a link and returns its handle, or 0 when the settings are refused. JS has checked them before, so that a
// refusal is a mistake of ours.
func (t *Table) Add(s Settings) uint32 {
	e, err := s.engine()
	if err != nil {
		return 0
	}
	if t.engines == nil {
		t.engines = make(map[uint32]*tether.Engine)
	}
	t.last++
	t.engines[t.last] = e
	return t.last
}

// Remove forgets a link.
func (t *Table) Remove(handle uint32) { delete(t.engines, handle) }

// Step tells a link what happened and returns what is to be done, valid until the link's next step. A handle that is
// not there gets nothing to do.
func (t *Table) Step(handle uint32, s Step) []tether.Order {
	e := t.engines[handle]
	if e == nil {
		return nil
	}
	e.At(duration(s.Mono), int64(s.Wall*1e6))
	switch s.Kind {
	case Run:
		return e.Run()
	case Opened:
		return e.Opened(s.Generation)
	case Received:
		return e.Received(s.Generation, tether.Answer(s.A), s.B)
	case Ended:
		return e.Ended(s.Generation, s.closeInfo())
	case Unresolved:
		return e.Unresolved(s.Generation, s.err())
	case Fired:
		return e.Fired(s.A, s.B)
	case Reconnect:
		return e.Reconnect(errors.New(s.Text))
	case Close:
		return e.Close()
	case Hinted:
		return e.Hinted(tether.Hint(s.A))
	}
	return nil
}

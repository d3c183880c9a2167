//go:build !js

package main_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/npm"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
	"github.com/tetherscope/tetherscope/wasm/module/transport"
)

// settings are what static/tether/resilience.mjs makes of the options of a page.
type settings struct {
	MinDelay, MaxDelay, Factor, MinUptime, MaxAttempts, ConnectTimeout, CloseTimeout float64

	Heartbeat *struct{ Interval, Timeout, Transfer float64 }
}

func (s settings) transport() transport.Settings {
	t := transport.Settings{
		MinDelay: s.MinDelay, MaxDelay: s.MaxDelay, Factor: s.Factor, MinUptime: s.MinUptime, MaxAttempts: s.MaxAttempts,
		ConnectTimeout: s.ConnectTimeout, CloseTimeout: s.CloseTimeout,
	}
	if s.Heartbeat != nil {
		t.Interval, t.Timeout, t.Transfer = s.Heartbeat.Interval, s.Heartbeat.Timeout, s.Heartbeat.Transfer
	}
	return t
}

// readSettings runs a script that prints what readResilience makes of some options.
func readSettings(t *testing.T, script string) (out []settings) {
	t.Helper()
	printed := npm.Run(t, static+"/tether", "node", "--input-type=module", "-e", "import { readResilience } from './resilience.mjs';"+script)
	if err := json.Unmarshal([]byte(printed), &out); err != nil {
		t.Fatalf("%v in %.200s", err, printed)
	}
	return out
}

// TestDefaultsAreTheEngines: JS fills in what a page leaves out, with the defaults of the Go client.
func TestDefaultsAreTheEngines(t *testing.T) {
	all := readSettings(t, "console.log(JSON.stringify([readResilience(true), readResilience({ heartbeat: true, minDelay: 0, connectTimeout: undefined })]))")
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	want := settings{
		MinDelay: ms(engine.DefaultBackoff.Base), MaxDelay: ms(engine.DefaultBackoff.Max), Factor: engine.DefaultBackoff.Factor,
		MinUptime: ms(engine.DefaultBackoff.MinUptime), ConnectTimeout: ms(engine.DefaultConnectTimeout), CloseTimeout: ms(engine.DefaultCloseTimeout),
	}
	for _, got := range all {
		beat := got.Heartbeat
		got.Heartbeat = nil
		if got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		if beat != nil && beat.Timeout != ms(engine.DefaultHeartbeatTimeout) {
			t.Errorf("the heartbeat's timeout is %v ms", beat.Timeout)
		}
	}
}

// TestEngineAcceptsWhatTheConstructorAccepts: no options of a page, however odd, pass the constructor and are refused by the engine, which
// would leave a socket that never comes back.
func TestEngineAcceptsWhatTheConstructorAccepts(t *testing.T) {
	all := readSettings(t, `
		const values = [0, 1e-9, 0.5, 1, 1.5, 5, 100, 500, 999, 1000, 1001, 29_999, 30_001, 1e6, 2 ** 31 - 1, undefined];
		const any = () => values[Math.floor(Math.random() * values.length)];
		const accepted = [{ maxDelay: 500 }, { minDelay: 40_000 }, { maxDelay: 1 }, { minDelay: 0, maxDelay: 500 }].map(readResilience);
		for (let i = 0; i < 20_000; i++) {
			const options = {};
			for (const name of ['minDelay', 'maxDelay', 'factor', 'minUptime', 'maxAttempts', 'connectTimeout', 'closeTimeout']) if (Math.random() < 0.6) options[name] = any();
			if (Math.random() < 0.5) options.heartbeat = { interval: any(), timeout: any() };
			try { accepted.push(readResilience(options)); } catch {}
		}
		console.log(JSON.stringify(accepted));`)
	if len(all) < 1000 {
		t.Fatalf("only %d of 20,000 accepted: this proves nothing", len(all))
	}
	var table transport.Table
	for _, s := range all {
		handle := table.Add(s.transport())
		if handle == 0 {
			t.Fatalf("the engine refuses %+v (heartbeat %+v)", s, s.Heartbeat)
		}
		table.Remove(handle)
	}
}

package server

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/scope/act"
)

const counted = `
def message(m):
    if m.dir == "in":
        return None
    return {"up": m.data.upper(), "drop": drop, "ping": answer("pong"), "bye": close(4001, "bye"), "pass": m}[m.data]
`

// scripted runs a server with a script.
func scripted(t *testing.T, source string) (s *running, file string) {
	t.Helper()
	scripting := Scripting{File: scriptFile(t, source)}
	if err := scripting.Open(t.Context(), &lockedBuffer{}); err != nil {
		t.Fatal(err)
	}
	s = start(t, func(c *Config) { c.Script = scripting })
	t.Cleanup(scripting.Close)
	return s, scripting.File
}

// script returns how the script stands.
func (s *running) script(t *testing.T) (now act.Script) {
	t.Helper()
	if status := s.call(t, "GET", "/api/script", nil, &now); status != http.StatusOK {
		t.Fatal(status)
	}
	return now
}

// TestTheScriptIsCountedSwitchedAndTried proves what GET /api/script and /metrics count, that a script that is off changes nothing until it is on
// again, that an error in the saved file is said with its position, and that a trial changes no count.
func TestTheScriptIsCountedSwitchedAndTried(t *testing.T) {
	s, file := scripted(t, counted)
	ctx, cancel := context.WithTimeout(t.Context(), await.Limit)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws://"+s.addr+"/ws/echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseNow() }()
	exchange := func(text, want string) {
		t.Helper()
		if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.Read(ctx); err != nil || string(got) != want {
			t.Fatalf("%s: %q, %v", text, got, err)
		}
	}
	exchange("up", "UP")
	var off act.Script
	if status := s.call(t, "PUT", "/api/script", act.ScriptSwitch{}, &off); status != http.StatusOK || off.Active {
		t.Fatalf("%d %+v", status, off)
	}
	exchange("up", "up")
	s.call(t, "PUT", "/api/script", act.ScriptSwitch{Active: true}, nil)
	exchange("unknown", "unknown") // the script fails
	if err := c.Write(ctx, websocket.MessageText, []byte("drop")); err != nil {
		t.Fatal(err)
	}
	exchange("ping", "pong")
	now := s.script(t)
	want := act.Script{File: file, Active: true, Last: now.Last, Calls: 6, Changed: 3, Dropped: 1, Answered: 1, Failed: 1, Mean: now.Mean, Longest: now.Longest}
	if now != want || now.Mean <= 0 || now.Longest < now.Mean || !strings.Contains(now.Last, `a.star:5:`) {
		t.Errorf("%+v, want %+v", now, want)
	}
	var report act.Trial
	if status := s.call(t, "POST", "/api/script/try", nil, &report); status != http.StatusOK || len(report.Rules) != 1 || report.Rules[0].Matched == 0 {
		t.Errorf("%d %+v", status, report)
	}
	if again := s.script(t); again != now {
		t.Errorf("after the trial %+v, before %+v", again, now)
	}
	if _, text := s.get(t, "GET", "/metrics"); !strings.Contains(text, "tetherscope_script_calls_total 6\n") || !strings.Contains(text, "tetherscope_script_active 1\n") {
		t.Error(text)
	}
	if err := os.WriteFile(file, []byte("def message(m):\n    return nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	await.Until(t, "the error of the file", func() bool {
		return strings.Contains(s.script(t).Problem, filepath.Base(file)+":2:12: undefined: nothing (the script before stays)")
	})
	if res, text := s.get(t, "POST", "/api/script/try", "Content-Length: 0", feed.TokenHeader+": "+s.Token()); res.StatusCode != http.StatusBadRequest || !strings.Contains(text, `"a.star:2:12: undefined: nothing"`) {
		t.Errorf("%s: %s", res.Status, text)
	}
	if err := c.Write(ctx, websocket.MessageText, []byte("bye")); err != nil {
		t.Fatal(err)
	}
	await.Until(t, "the close", func() bool { return s.script(t).Closed == 1 })
}

// TestWithoutAScript proves that the endpoints say so, that what is no switch is refused, and that all three ask for the token.
func TestWithoutAScript(t *testing.T) {
	s := start(t, nil)
	if now := s.script(t); now != (act.Script{}) {
		t.Errorf("%+v", now)
	}
	for what, status := range map[string]int{"PUT /api/script": http.StatusConflict, "POST /api/script/try": http.StatusConflict} {
		method, path, _ := strings.Cut(what, " ")
		if got := s.call(t, method, path, act.ScriptSwitch{}, nil); got != status {
			t.Errorf("%s: %d", what, got)
		}
		if res, _ := s.get(t, method, path, "Content-Length: 0"); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s without the token: %d", what, res.StatusCode)
		}
	}
	if got := s.call(t, "PUT", "/api/script", map[string]int{"on": 1}, nil); got != http.StatusBadRequest {
		t.Error(got)
	}
}

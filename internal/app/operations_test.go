package app_test

import (
	"bytes"
	"context"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

// TestDrainSendsClientsElsewhere: each gets a time of its own within the spread at which to come back, after what was sent
// to it before, and no new client is admitted.
func TestDrainSendsClientsElsewhere(t *testing.T) {
	n := start(t, app.Config{DrainSpread: time.Hour})
	var peers []*peer
	for range 20 {
		peers = append(peers, n.join("ada"))
	}
	drained := make(chan error, 1)
	go func() { drained <- n.Drain(t.Context()) }()
	seen := map[string]bool{}
	reason := regexp.MustCompile(`^\{"retry":(\d+)\}$`)
	for _, p := range peers {
		code, why := p.closed()
		m := reason.FindStringSubmatch(why)
		if code != websocket.StatusServiceRestart || m == nil {
			t.Fatalf("closed with %d %q", code, why)
		}
		if ms, _ := strconv.Atoi(m[1]); ms >= 3600000 {
			t.Errorf("%q is past the spread", why)
		}
		seen[why] = true
	}
	if len(seen) != 20 {
		t.Errorf("20 clients come back at %d times", len(seen))
	}
	if err := await.Receive(t, drained); err != nil {
		t.Error(err)
	}
	if got := rawDialMayFail(t, n, rawRequest("/ws/chat", nil)); got != http.StatusServiceUnavailable {
		t.Errorf("after draining: HTTP %d", got)
	}
}

// TestDrainGivesUp: a client that does not take part in the closing handshake does not keep the server without limit.
func TestDrainGivesUp(t *testing.T) {
	n := start(t, app.Config{})
	c := rawDial(t, n, rawRequest("/ws/chat?token="+n.token("ada", time.Hour), nil))
	_ = c.next()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := n.Drain(ctx); err == nil || !strings.Contains(err.Error(), "1 clients") {
		t.Errorf("got %v", err)
	}
}

// TestCountersShowWhatHappened: by direction, by close code, and without anything a client chose.
func TestCountersShowWhatHappened(t *testing.T) {
	set := metrics.NewSet()
	n := start(t, app.Config{Metrics: set})
	ada := n.join("ada")
	ada.silent()
	dial(t, n.url, "/ws/chat", nil).expectClosed(4001, "Authentication required")
	ada.conn.Close(4999, "tetherscope_app_evil 1")
	var b bytes.Buffer
	for _, want := range []string{
		`tetherscope_app_messages_total{direction="in"} 1`, `tetherscope_app_messages_total{direction="out"} 2`,
		`tetherscope_app_closed_total{by="server",code="4001"} 1`, `tetherscope_app_closed_total{by="client",code="other"} 1`,
		`tetherscope_app_clients 0`, `tetherscope_app_broker_lag_seconds 0`,
	} {
		eventually(t, want, func() bool { // a client knows of its end before the server has counted it
			b.Reset()
			set.WritePrometheus(&b)
			return strings.Contains(b.String(), want+"\n")
		})
	}
	if strings.Contains(b.String(), "evil") {
		t.Error("a client's text became a metric")
	}
}

// TestConfigurationMistakesAreNamed: before anything listens.
func TestConfigurationMistakesAreNamed(t *testing.T) {
	for want, cfg := range map[string]app.Config{
		"origin":       {Origins: []string{"https://*.example"}},
		"MessageBytes": {Limits: app.Limits{MessageBytes: -1}},
		"negative":     {Heartbeat: -1},
	} {
		if _, err := app.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to name %q", err, want)
		}
	}
	n := start(t, app.Config{})
	if err := n.AllowOrigin("http://new.example", "nonsense"); err == nil {
		t.Error("nonsense was allowed")
	}
	if err := n.AllowOrigin("http://new.example"); err != nil {
		t.Fatal(err)
	}
	dial(t, n.url, "/ws/chat?token="+n.token("ada", time.Hour), &websocket.DialOptions{HTTPHeader: header("http://new.example")}).expect(chat.TypeWelcome)
}

//go:build !js

package resumeserver_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
	"github.com/tetherscope/tetherscope/wasm/retryhint"
)

// TestShutdownWaitsForAcknowledgements: no client is new, one that was cut off comes back, and each connection is closed with the
// code and a hint of its own when everything is acknowledged.
func TestShutdownWaitsForAcknowledgements(t *testing.T) {
	b := serve(t, &resumeserver.Server{})
	c, w := b.hello("- 0 0 1000")
	write(t, await.Receive(t, b.sessions), "last words")
	if got := c.hear(); got != "m 1 0\nlast words" {
		t.Fatal(got)
	}
	_ = c.CloseNow()
	await.Until(t, "the session is detached", func() bool { return b.Stats().Detached == 1 })

	idle, _ := b.hello("- 0 0 1000") // with nothing to acknowledge
	s := await.Receive(t, b.sessions)
	down := make(chan error, 1)
	hints := retryhint.Spread(time.Minute)
	go func() { down <- b.Shutdown(t.Context(), websocket.StatusServiceRestart, hints.Next) }()
	if got := idle.hear(); got != "e 0 0 1012" {
		t.Errorf("the idle session ends with %q", got)
	}
	_, _, err := idle.Read(await.Context(t))
	if e, ok := errors.AsType[websocket.CloseError](err); !ok || e.Code != websocket.StatusServiceRestart || !strings.HasPrefix(e.Reason, `{"retry":`) {
		t.Error(err)
	}
	if err := s.Write(t.Context(), websocket.MessageText, nil); !errors.Is(err, resumeserver.ErrClosed) {
		t.Error("Write after Shutdown:", err)
	}
	fresh := b.dial(nil)
	fresh.say("resume - 0 0 1000")
	if code := fresh.closed(); code != websocket.StatusTryAgainLater {
		t.Errorf("a new client is closed with %d", code)
	}
	if len(down) != 0 {
		t.Error("Shutdown did not wait for the session that is detached")
	}

	c, w = b.hello(w[1] + " 0 0 1000")
	if got := c.hear(); w[0] != "resumed" || got != "m 1 0\nlast words" {
		t.Fatalf("%v, %q", w, got)
	}
	c.say("a 1")
	if code := c.closed(); code != websocket.StatusServiceRestart {
		t.Errorf("closed with %d", code)
	}
	if err := await.Receive(t, down); err != nil {
		t.Error(err)
	}
}

// TestShutdownSaysWhatIsUncertain when its context ends first.
func TestShutdownSaysWhatIsUncertain(t *testing.T) {
	b := serve(t, &resumeserver.Server{})
	c, _ := b.hello("- 0 0 1000")
	s := await.Receive(t, b.sessions)
	write(t, s, "one")
	write(t, s, "two")
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("out of time")
	cancel(why)
	err := b.Shutdown(ctx, 7, func() string { return strings.Repeat("é", 100) })
	if e, ok := errors.AsType[*resumeserver.UnacknowledgedError](err); !ok || e.Sessions != 1 || e.Messages != 2 || !errors.Is(err, why) {
		t.Error(err)
	}
	for {
		if _, _, err = c.Read(await.Context(t)); err != nil {
			break
		}
	}
	if e, ok := errors.AsType[websocket.CloseError](err); !ok || e.Code != websocket.StatusGoingAway || e.Reason != strings.Repeat("é", 61) {
		t.Error(err)
	}
}

// TestShutdownLeavesSessionsToOtherNodes: with a store, connections get the code and the hint, and the session does not end.
func TestShutdownLeavesSessionsToOtherNodes(t *testing.T) {
	b := serve(t, &resumeserver.Server{Store: resumeserver.NewMemoryStore(time.Minute).Node()})
	c, _ := b.hello("- 0 0 1000")
	await.Receive(t, b.sessions)
	if err := b.Shutdown(t.Context(), websocket.StatusServiceRestart, func() string { return retryhint.After(time.Second) }); err != nil {
		t.Error(err)
	}
	for {
		kind, p, err := c.Read(await.Context(t))
		if e, ok := errors.AsType[websocket.CloseError](err); ok {
			if e.Code != websocket.StatusServiceRestart || e.Reason != `{"retry":1000}` {
				t.Error(err)
			}
			return
		}
		if err == nil {
			p, err = c.line.Open(kind == websocket.MessageText, p)
		}
		if err != nil || strings.HasPrefix(string(p), "e ") {
			t.Fatalf("%q, %v", p, err)
		}
	}
}

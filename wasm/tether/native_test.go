//go:build !js

package tether_test

import (
	"errors"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/wstest"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

var server *wstest.Server

// TestMain fails the run if a client left a goroutine behind.
func TestMain(m *testing.M) {
	server = wstest.Start()
	code := m.Run()
	server.Close()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); err != nil && code == 0 {
		os.Stderr.WriteString(err.Error() + "\n")
		code = 1
	}
	os.Exit(code)
}

func serverURL(*testing.T) string { return server.URL }

func onBrowser(_, native uint16) uint16 { return native }

func TestARefusalSaysItsStatus(t *testing.T) {
	c := start(t, "/refuse?status=403")
	err := c.end()
	if e, ok := errors.AsType[*tether.HandshakeError](err); !ok || e.Status != http.StatusForbidden {
		t.Errorf("Run returned %v", err)
	}
	retries := make(chan tether.Retrying, 10)
	busy := prepare(t, "/refuse?status=503&retry-after=7")
	tether.On(busy, func(e tether.Retrying) { retries <- e })
	busy.run()
	if e := await.Receive(t, retries); e.Delay < 7*time.Second || e.Delay > 9*time.Second {
		t.Errorf("Retry-After: 7 led to %+v", e)
	}
}

func TestACloseErrorSpeaksToCoderWebsocket(t *testing.T) {
	err := error(&tether.CloseError{CloseInfo: tether.CloseInfo{Code: 4001, Reason: "r"}})
	if got := websocket.CloseStatus(err); got != 4001 {
		t.Error(got)
	}
}

func TestHeadersAndCompressionReachTheServer(t *testing.T) {
	c := start(t, "/echo", tether.WithHeader(http.Header{"X-Test": {"1"}}), tether.WithCompression(),
		tether.WithHTTPClient(&http.Client{}))
	if err := c.Send(deadline(t), text("x")); err != nil {
		t.Fatal(err)
	}
	c.receive()
}

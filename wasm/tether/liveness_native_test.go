//go:build !js

package tether_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// TestNativeDiagnosisReadsTheError: no request is made, the attempt itself has told.
func TestNativeDiagnosisReadsTheError(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that the client refuses
	secure.StartTLS()
	defer secure.Close()
	for url, want := range map[string]tether.Verdict{
		"wss" + strings.TrimPrefix(secure.URL, "https"): tether.Untrusted,
		serverURL(t) + "/refuse?status=503":             tether.Failing,
		serverURL(t) + "/refuse?status=429":             tether.Busy,
		"ws://127.0.0.1:1/":                             tether.Unreachable,
	} {
		c, err := tether.New(url, codec.Raw(), tether.WithDiagnosis(1))
		if err != nil {
			t.Fatal(err)
		}
		told := make(chan tether.Diagnosed, 10)
		tether.On(c, func(e tether.Diagnosed) { told <- e })
		ended := make(chan struct{})
		go func() { defer close(ended); _ = c.Run(context.Background()) }()
		if e := <-told; e.Verdict != want {
			t.Errorf("%s: %v, want %v", url, e.Verdict, want)
		}
		c.Close()
		<-ended
	}
}

// TestAServersPingsAreSignsOfLife: a server that answers no message but sends ping frames is alive, natively, where they
// can be seen; when they end, so does the connection.
func TestAServersPingsAreSignsOfLife(t *testing.T) {
	quiet := make(chan struct{})
	var stood atomic.Bool // the machine stood still: what was lost meanwhile proves nothing
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = ws.CloseNow() }()
		ctx, cancel := context.WithCancel(r.Context())
		go func() {
			defer cancel()
			for { // pongs, and pings that it does not understand
				if _, _, err := ws.Read(ctx); err != nil {
					return
				}
			}
		}()
		for last := time.Now(); ; {
			select {
			case <-quiet:
				<-ctx.Done()
				return
			case <-ctx.Done():
				return
			case <-time.After(20 * time.Millisecond):
				_ = ws.Ping(ctx)
				if time.Since(last) > 100*time.Millisecond {
					stood.Store(true)
				}
				last = time.Now()
			}
		}
	}))
	defer server.Close()
	c, err := tether.New("ws"+strings.TrimPrefix(server.URL, "http"), codec.Raw(), tether.WithHeartbeat(tether.Heartbeat{
		Interval: 50 * time.Millisecond, Timeout: 250 * time.Millisecond,
		Ping: func(uint32) codec.Message { return codec.Message{Type: codec.Text} },
		Pong: func(codec.Message) (uint32, bool) { return 0, false },
	}))
	if err != nil {
		t.Fatal(err)
	}
	lost := make(chan tether.Lost, 10)
	tether.On(c, func(e tether.Lost) { lost <- e })
	ended := make(chan struct{})
	go func() { defer close(ended); _ = c.Run(context.Background()) }()
	for again := true; again; {
		select {
		case e := <-lost:
			time.Sleep(300 * time.Millisecond) // the ping that is late tells it
			if !stood.Swap(false) {
				t.Errorf("lost: %+v", e)
				again = false
			}
		case <-time.After(time.Second):
			again = false
		}
	}
	close(quiet)
	if e := <-lost; !errors.Is(e.Err, tether.ErrHeartbeat) {
		t.Errorf("%+v", e)
	}
	c.Close()
	<-ended
}

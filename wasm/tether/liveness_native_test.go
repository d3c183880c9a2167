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
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// TestNativeDiagnosisReadsTheError: no request is made, the attempt itself gave the reason.
func TestNativeDiagnosisReadsTheError(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that the client refuses
	secure.StartTLS()
	defer secure.Close()
	for url, want := range map[string]tether.Verdict{
		"wss" + strings.TrimPrefix(secure.URL, "https"): tether.VerdictUntrusted,
		serverURL(t) + "/refuse?status=503":             tether.VerdictFailing,
		serverURL(t) + "/refuse?status=429":             tether.VerdictBusy,
		"ws://127.0.0.1:1/":                             tether.VerdictUnreachable,
	} {
		c, err := tether.New(url, codec.Raw(), tether.WithDiagnosis(1))
		if err != nil {
			t.Fatal(err)
		}
		diagnosed := make(chan tether.Diagnosed, 10)
		tether.On(c, func(e tether.Diagnosed) { diagnosed <- e })
		ended := make(chan struct{})
		go func() { defer close(ended); _ = c.Run(context.Background()) }()
		if e := await.Receive(t, diagnosed); e.Verdict != want {
			t.Errorf("%s: %v, want %v", url, e.Verdict, want)
		}
		c.Close()
		await.Closed(t, ended)
	}
}

// TestAServersPingsAreSignsOfLife: a server that answers no message but sends ping frames is alive, natively, where they
// can be seen; when they end, so does the connection.
func TestAServersPingsAreSignsOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const talks = time.Minute
		c := client(t, func(p *peer) {
			p.group.Go(func() {
				for {
					if _, _, err := p.read(); err != nil { // pongs, and pings that it does not understand
						return
					}
				}
			})
			for range int(talks / time.Second) {
				if p.write(0x89, nil) != nil {
					return
				}
				time.Sleep(time.Second)
			}
			<-p.over
		}, tether.WithHeartbeat(tether.Heartbeat{
			Interval: 5 * time.Second, Timeout: 3 * time.Second,
			Ping: func(uint32) codec.Message { return codec.Message{Type: codec.Text} },
			Pong: func(codec.Message) (uint32, bool) { return 0, false },
		}))
		lost := make(chan tether.Lost, 10)
		tether.On(c, func(e tether.Lost) { lost <- e })
		begin := time.Now()
		defer runs(t, c)()
		e := await.Receive(t, lost)
		if took := time.Since(begin); !errors.Is(e.Err, tether.ErrHeartbeat) || took < talks || took > talks+9*time.Second {
			t.Errorf("after %v: %+v", took, e)
		}
	})
}

//go:build !js

package redisstore_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// TestSessionsOutliveRedis: while Redis is away a session goes on in memory, and its server says so; when Redis is back, empty,
// the session is there again, and another node continues it when this one ends. Every message is answered once and in order.
func TestSessionsOutliveRedis(t *testing.T) {
	r, node := server(t)
	start := func() *resumeserver.Server {
		return &resumeserver.Server{Store: node(time.Second)(), Lifetime: time.Minute}
	}
	one, two := start(), start()
	defer one.Close()
	defer two.Close()
	var at atomic.Pointer[resumeserver.Server]
	at.Store(one)
	echo := func(ctx context.Context, s *resumeserver.Session) {
		for kind, p, err := s.Read(ctx); err == nil; kind, p, err = s.Read(ctx) {
			if s.Write(ctx, kind, p) != nil {
				return
			}
		}
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { at.Load().Handler(echo).ServeHTTP(w, r) }))
	defer front.Close()
	client, err := tether.New("ws"+strings.TrimPrefix(front.URL, "http"), codec.String(), tether.WithResume(tether.Resume{}),
		tether.WithBackoff(tether.Backoff{Base: time.Millisecond, Max: 20 * time.Millisecond}))
	if err != nil {
		t.Fatal(err)
	}
	tether.On(client, func(g tether.Gap) { t.Errorf("a gap: %+v", g) })
	ctx, cancel := context.WithCancel(await.Context(t))
	var work sync.WaitGroup
	defer await.Group(t, &work)
	defer cancel()
	work.Go(func() { _ = client.Run(ctx) })
	next := 0
	talk := func() {
		t.Helper()
		for range 50 {
			if err := client.Send(ctx, strconv.Itoa(next)); err != nil {
				t.Fatal(err)
			}
			for text, err := range client.Messages(ctx) {
				if err != nil || text != strconv.Itoa(next) {
					t.Fatalf("%q, %v instead of %d", text, err, next)
				}
				break
			}
			next++
		}
	}
	talk()
	if one.Stats().Alone {
		t.Error("alone with Redis")
	}
	r.Kill()
	talk() // waits for the time of the grace, and goes on then
	if !one.Stats().Alone {
		t.Error("the server does not say that its sessions are in memory only")
	}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	await.Until(t, "the session is in Redis again", func() bool { return !one.Stats().Alone && !two.Stats().Alone })
	talk()
	at.Store(two)
	one.Close()
	talk()
	if s := two.Stats(); s.Sessions != 1 || s.Resumed != 1 {
		t.Errorf("the other node: %+v", s)
	}
}

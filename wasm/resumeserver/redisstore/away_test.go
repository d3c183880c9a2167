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

// conversation is a client that sends numbers to one server, or to another one from a while on, and gets them back.
type conversation struct {
	t      *testing.T
	at     atomic.Pointer[resumeserver.Server]
	client *tether.Client[string, string]
	ctx    context.Context
	next   int
}

// converse begins a conversation with a server that echoes.
func converse(t *testing.T, s *resumeserver.Server) *conversation {
	t.Helper()
	c := &conversation{t: t}
	c.at.Store(s)
	echo := func(ctx context.Context, s *resumeserver.Session) {
		for kind, p, err := s.Read(ctx); err == nil; kind, p, err = s.Read(ctx) {
			if s.Write(ctx, kind, p) != nil {
				return
			}
		}
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.at.Load().Handler(echo).ServeHTTP(w, r) }))
	t.Cleanup(front.Close)
	var err error
	c.client, err = tether.New("ws"+strings.TrimPrefix(front.URL, "http"), codec.String(), tether.WithResume(tether.Resume{}),
		tether.WithBackoff(tether.Backoff{Base: time.Millisecond, Max: 20 * time.Millisecond}))
	if err != nil {
		t.Fatal(err)
	}
	tether.On(c.client, func(g tether.Gap) { t.Errorf("a gap: %+v", g) })
	var cancel context.CancelFunc
	c.ctx, cancel = context.WithCancel(await.Context(t))
	var work sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		await.Group(t, &work)
	})
	work.Go(func() { _ = c.client.Run(c.ctx) })
	return c
}

// talk sends 50 messages, and gets each back before the next.
func (c *conversation) talk() {
	c.t.Helper()
	for range 50 {
		if err := c.client.Send(c.ctx, strconv.Itoa(c.next)); err != nil {
			c.t.Fatal(err)
		}
		for text, err := range c.client.Messages(c.ctx) {
			if err != nil || text != strconv.Itoa(c.next) {
				c.t.Fatalf("%q, %v instead of %d", text, err, c.next)
			}
			break
		}
		c.next++
	}
}

// TestSessionsOutliveRedis: while Redis is away a session goes on in memory, and its server says so; when Redis is back, empty,
// the session is there again, and another node continues it when this one ends. Every message is answered once and in order.
func TestSessionsOutliveRedis(t *testing.T) {
	r, node := server(t)
	one, two := start(t, node(time.Second)()), start(t, node(time.Second)())
	c := converse(t, one)
	c.talk()
	if one.Stats().Alone {
		t.Error("alone with Redis")
	}
	r.Kill()
	c.talk() // waits for the time of the grace, and goes on then
	if !one.Stats().Alone {
		t.Error("the server does not say that its sessions are in memory only")
	}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	await.Until(t, "the session is in Redis again", func() bool { return !one.Stats().Alone && !two.Stats().Alone })
	c.talk()
	c.moves(one, two)
}

// start starts a server, which ends with the test.
func start(t *testing.T, s resumeserver.Store) *resumeserver.Server {
	t.Helper()
	server := &resumeserver.Server{Store: s, Lifetime: time.Minute}
	t.Cleanup(server.Close)
	return server
}

// moves ends the server, and goes on at another one.
func (c *conversation) moves(from, to *resumeserver.Server) {
	c.t.Helper()
	c.at.Store(to)
	from.Close()
	c.talk()
	if s := to.Stats(); s.Sessions != 1 || s.Resumed != 1 {
		c.t.Errorf("the other node: %+v", s)
	}
}

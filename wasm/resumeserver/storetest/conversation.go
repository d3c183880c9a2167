//go:build !js

package storetest

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// patience bounds every wait.
const patience = 2 * time.Minute

// Conversation proves over connections in memory, so that it may run in a bubble of testing/synctest, that a client whose node
// ends in good order, or loses it to another node, goes on elsewhere: every message is answered once and in order, without a
// gap. It returns how many times the session moved.
func Conversation(t *testing.T, node func() resumeserver.Store, total int) (moves int64) {
	var p pair
	defer p.start(t, node)()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	work.Go(func() { _ = p.client.Run(ctx) })
	work.Go(func() {
		for n := range total {
			if p.client.Send(ctx, strconv.Itoa(n)) != nil {
				return
			}
		}
	})
	next := 0
	for text, err := range p.client.Messages(ctx) {
		if err != nil || text != strconv.Itoa(next) {
			t.Fatalf("%q, %v instead of %d", text, err, next)
		}
		if next++; next == total {
			return p.moved.Load()
		}
		p.disturb(t, next, total)
	}
	t.Fatalf("%d of %d were answered", next, total)
	return 0
}

// pair is two servers that answer each message with itself, and a client before one of which stands at a time.
type pair struct {
	node    func() resumeserver.Store
	servers [2]*resumeserver.Server
	at      atomic.Pointer[resumeserver.Server] // for new connections
	moved   atomic.Int64
	client  *tether.Client[string, string]
}

// start returns what ends the servers.
func (p *pair) start(t *testing.T, node func() resumeserver.Store) (stop func()) {
	p.node = node
	p.servers = [2]*resumeserver.Server{p.server(), p.server()}
	p.at.Store(p.servers[0])
	closeFront, dial := serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.at.Load().Handler(p.echo).ServeHTTP(w, r)
	}))
	client, err := tether.New("ws://front/", codec.String(), tether.WithResume(tether.Resume{}), tether.WithHTTPClient(dial),
		tether.WithBackoff(tether.Backoff{Base: time.Millisecond, Max: 20 * time.Millisecond}))
	if err != nil {
		t.Fatal(err)
	}
	tether.On(client, func(g tether.Gap) { t.Errorf("a gap: %+v", g) })
	p.client = client
	return func() {
		for _, s := range p.servers {
			s.Close()
		}
		closeFront()
	}
}

func (p *pair) server() *resumeserver.Server {
	return &resumeserver.Server{Store: p.node(), Lifetime: time.Minute}
}

func (p *pair) echo(ctx context.Context, s *resumeserver.Session) {
	if s.Moved() {
		p.moved.Add(1)
	}
	for {
		kind, text, err := s.Read(ctx)
		if err != nil || s.Write(ctx, kind, text) != nil {
			return
		}
	}
}

// disturb changes the client's server after some answers, and waits until the client has noticed.
func (p *pair) disturb(t *testing.T, next, total int) {
	t.Helper()
	opens := p.client.Stats().Opens
	moves := false
	switch {
	case next%(total/10) == 0:
		moves = p.replace(next / (total / 10) % 2)
	case next%(total/40) == 0:
		p.switchOver()
		moves = true
	}
	if moves {
		await(t, "another connection of the client", func() bool { return p.client.Stats().Opens > opens })
	}
}

// replace ends a server in good order, begins another in its place, and reports whether that moves the client.
func (p *pair) replace(i int) (moves bool) {
	old := p.servers[i]
	p.servers[i] = p.server()
	moves = p.at.Swap(p.servers[1-i]) == old
	old.Close()
	return moves
}

// switchOver lets the client come to the other server, while this one does not know that yet.
func (p *pair) switchOver() {
	if !p.at.CompareAndSwap(p.servers[0], p.servers[1]) {
		p.at.Store(p.servers[0])
	}
	p.client.Reconnect(nil)
}

// await waits for a condition, and fails the test after patience.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, ctx.Err())
		}
	}
}

package server

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tetherscope/tetherscope/internal/app/cluster"
	"github.com/tetherscope/tetherscope/internal/app/redis"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// TestResumeEndpointKeepsWhatIsUnderWay: a message is sent, the connection dropped, and the echo comes over the next one.
func TestResumeEndpointKeepsWhatIsUnderWay(t *testing.T) {
	s := start(t, nil)
	c, err := tether.New("ws://"+s.addr+"/ws/resume", codec.String(), tether.WithResume(tether.Resume{}))
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = c.Run(t.Context()) }()
	defer c.Close()
	for _, text := range []string{"one", "two", "three"} {
		if err := c.Send(t.Context(), text); err != nil {
			t.Fatal(err)
		}
		c.Reconnect(nil)
		for got, err := range c.Messages(t.Context()) {
			if got != text || err != nil {
				t.Fatalf("%q, %v; want %q", got, err, text)
			}
			break
		}
	}
}

// TestSessionsGoOnAtAnotherNode: of two servers at one Redis one ends in good order, and its client goes on at the other: every echo
// comes once and in order, without a gap.
func TestSessionsGoOnAtAnotherNode(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv(chrome.RequireTools) != "" {
			t.Fatal("redis-server is not installed")
		}
		t.Skip("redis-server is not installed")
	}
	r, err := cluster.StartRedis(t.Context(), "", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Stop() }) // the servers have been asked, and it has no data to lose
	node := func() *running {
		return start(t, func(c *Config) {
			if c.App.Sessions, err = redis.NewSessions(r.URL()); err != nil {
				t.Fatal(err)
			}
		})
	}
	first, second := node(), node()
	var at atomic.Pointer[running]
	at.Store(first)
	front := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, at.Load().addr)
	}}}
	c, err := tether.New("ws://localhost/ws/resume", codec.String(), tether.WithResume(tether.Resume{}), tether.WithHTTPClient(front))
	if err != nil {
		t.Fatal(err)
	}
	tether.On(c, func(g tether.Gap) { t.Errorf("a gap: %+v", g) })
	var work sync.WaitGroup
	work.Go(func() { _ = c.Run(context.Background()) })
	defer work.Wait()
	defer c.Close()
	const total = 200
	for n := range total {
		if err := c.Send(await.Context(t), strconv.Itoa(n)); err != nil {
			t.Fatal(err)
		}
	}
	next := 0
	for text, err := range c.Messages(await.Context(t)) {
		if err != nil || text != strconv.Itoa(next) {
			t.Fatalf("%q, %v; want %d", text, err, next)
		}
		if next++; next == total {
			break
		}
		if next == total/2 {
			at.Store(second)
			if err := first.stop(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestResumeEndpointRefusesWhoDoesNotSpeakIt(t *testing.T) {
	s := start(t, nil)
	if _, res := s.try(t, "/ws/resume", s.addr); res.StatusCode != http.StatusUpgradeRequired {
		t.Error(res.Status)
	}
	if _, res := s.try(t, "/ws/resume", s.addr, "Origin: http://evil.test", "Sec-WebSocket-Protocol: "+resumeserver.Subprotocol); res.StatusCode != http.StatusForbidden {
		t.Error("a foreign page:", res.Status)
	}
	c := s.open(t, "/ws/resume", "Sec-WebSocket-Protocol: "+resumeserver.Subprotocol)
	c.send(frame.Header{Fin: true, Opcode: frame.Text}, strings.Repeat("x", 100))
	c.closed()
}

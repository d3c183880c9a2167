// These tests prove which of several servers a client goes to, and when.
package tether

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
)

// servers is a network of several: those in down end each attempt as it says there.
type servers struct {
	fakeNet
	down  map[string]CloseInfo // guarded by fakeNet.mu
	tried []string             // read it when all is quiet
}

func (n *servers) dial(gen uint32, target Target, s sink) conn {
	n.mu.Lock()
	info, down := n.down[target.URL]
	n.mute = down
	n.tried = append(n.tried, target.URL[len("ws://"):])
	n.mu.Unlock()
	c := n.fakeNet.dial(gen, target, s)
	if down {
		time.AfterFunc(time.Millisecond, func() { c.(*fakeConn).drop(info) })
	}
	return c
}

// set changes what becomes of attempts.
func (n *servers) set(down map[string]CloseInfo) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
}

// visited returns the servers that were tried since it was last asked.
func (n *servers) visited() string {
	synctest.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	list := strings.Join(n.tried, " ")
	n.tried = nil
	return list
}

var (
	gone     = CloseInfo{Code: CodeAbnormalClosure}
	notFound = CloseInfo{Code: CodeAbnormalClosure, Err: &HandshakeError{Status: 404}}
)

// among runs a client of the servers a, b and c, each of whose delays is half of its window.
func among(t *testing.T, n *servers, opts []Option, play func(*testing.T, *Client[string, string])) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		list := append([]Option{WithFailover("ws://b", "ws://c"), func(o *options) error {
			o.dialer, o.random = n, func() float64 { return 0.5 }
			return nil
		}}, opts...)
		c, err := New("ws://a", codec.String(), list...)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Run(context.Background()) }()
		pass(10 * time.Millisecond)
		play(t, c)
		c.Close()
		await.Receive(t, ended)
	})
}

// TestFailoverKeepsToTheOrder: the first server that has not failed lately, and the first one again when that is forgotten.
func TestFailoverKeepsToTheOrder(t *testing.T) {
	n := &servers{down: map[string]CloseInfo{"ws://a": gone}}
	among(t, n, nil, func(t *testing.T, c *Client[string, string]) {
		pass(10 * time.Second)
		if got := n.visited(); got != "a b" || c.State() != StateOpen {
			t.Errorf("tried %s, %v", got, c.State())
		}
		n.set(nil)
		pass(10 * time.Second) // a is avoided still
		n.last().drop(gone)
		pass(10 * time.Second)
		if got := n.visited(); got != "c" || c.State() != StateOpen {
			t.Errorf("tried %s, %v", got, c.State())
		}
		pass(time.Hour) // an open connection is not left
		if got := n.visited(); got != "" {
			t.Errorf("tried %s", got)
		}
		n.last().drop(gone)
		pass(10 * time.Second)
		if got := n.visited(); got != "a" || c.State() != StateOpen {
			t.Errorf("tried %s, %v", got, c.State())
		}
	})
}

// TestFailoverGoesRound: when all have failed, the one that failed first is next, and the window grows once in a round.
func TestFailoverGoesRound(t *testing.T) {
	n := &servers{down: map[string]CloseInfo{"ws://a": gone, "ws://b": gone, "ws://c": gone}}
	var delays []time.Duration
	among(t, n, []Option{WithBackoff(Backoff{Base: time.Second, Max: 4 * time.Second})}, func(t *testing.T, c *Client[string, string]) {
		On(c, func(e Retrying) { delays = append(delays, e.Delay) })
		c.Reconnect(nil)
		n.visited()
		pass(9 * time.Second)
		if got := n.visited(); !strings.HasPrefix(got, "c a b c a b c") {
			t.Errorf("tried %s", got)
		}
		ms := time.Millisecond
		want := []time.Duration{500 * ms, 500 * ms, 500 * ms, 1000 * ms, 1000 * ms, 1000 * ms, 2000 * ms}
		if len(delays) < len(want) || !slices.Equal(delays[:len(want)], want) {
			t.Errorf("waited %v", delays)
		}
	})
}

// TestFailoverPassesAServerThatRefuses, and stops when all of them do.
func TestFailoverPassesAServerThatRefuses(t *testing.T) {
	n := &servers{down: map[string]CloseInfo{"ws://a": notFound, "ws://b": gone}}
	among(t, n, nil, func(t *testing.T, c *Client[string, string]) {
		pass(10 * time.Second)
		if got := n.visited(); got != "a b c" || c.State() != StateOpen {
			t.Errorf("tried %s, %v", got, c.State())
		}
		n.set(map[string]CloseInfo{"ws://a": notFound, "ws://b": notFound, "ws://c": notFound})
		n.last().drop(gone)
		pass(time.Minute)
		if got := n.visited(); got != "a b c" {
			t.Errorf("tried %s", got)
		}
		stop, ok := errors.AsType[*StopError](c.Run(context.Background()))
		if !ok || !strings.HasPrefix(stop.Rule, "HTTP 4xx") {
			t.Error(stop)
		}
	})
	among(t, &servers{down: map[string]CloseInfo{"ws://a": notFound}}, []Option{WithDecide(DefaultDecide)}, func(t *testing.T, c *Client[string, string]) {
		pass(time.Minute)
		if c.State() != StateClosed {
			t.Error("a policy of the user does not count:", c.State())
		}
	})
}

// TestFailoverDoesNotWaitForABusyServer while there is another, unless that is what a retry hint asks for.
func TestFailoverDoesNotWaitForABusyServer(t *testing.T) {
	n := &servers{}
	among(t, n, nil, func(t *testing.T, c *Client[string, string]) {
		n.last().drop(CloseInfo{Code: CodeTryAgainLater, Clean: true})
		pass(time.Second)
		if got := n.visited(); got != "a b" || c.State() != StateOpen {
			t.Errorf("tried %s, %v", got, c.State())
		}
		n.last().drop(CloseInfo{Code: CodeServiceRestart, Reason: `{"retry":20000}`, Clean: true})
		pass(19 * time.Second)
		if got := n.visited(); got != "" {
			t.Errorf("tried %s before the time of the hint", got)
		}
		pass(4 * time.Second)
		if got := n.visited(); got != "c" || c.State() != StateOpen {
			t.Errorf("tried %s, %v", got, c.State())
		}
		n.last().drop(CloseInfo{Code: CodeTryAgainLater, Clean: true}) // all are avoided: it waits 10 s and half of 50 s
		pass(34 * time.Second)
		if got := n.visited(); got != "" {
			t.Errorf("tried %s", got)
		}
	})
}

// TestAnEndpointLearnsTheServer, and what it says goes first.
func TestAnEndpointLearnsTheServer(t *testing.T) {
	n := &servers{down: map[string]CloseInfo{"ws://a": gone}}
	var asked []string
	endpoint := WithEndpoint(func(_ context.Context, a Attempt) (Target, error) {
		asked = append(asked, a.URL)
		if a.Number == 2 {
			return Target{}, errors.New("no token")
		}
		return Target{}, nil
	})
	among(t, n, []Option{endpoint}, func(t *testing.T, _ *Client[string, string]) {
		pass(10 * time.Second)
		if got := n.visited(); got != "a b" || !slices.Equal(asked, []string{"ws://a", "ws://b", "ws://b"}) {
			t.Errorf("tried %s, asked for %v", got, asked)
		}
	})
}

func TestFailoverOptions(t *testing.T) {
	for want, err := range map[string]error{
		"there is no URL":                       newWith("ws://a", WithFailover()),
		`"ftp://b" has the scheme "ftp"`:        newWith("ws://a", WithFailover("ftp://b")),
		`"ws://a/?…" is there twice`:            newWith("ws://a/?token=1", WithFailover("ws://a/?token=1")),
		"New needs the URL of the first server": newWith("", WithFailover("ws://b"), WithEndpoint(func(context.Context, Attempt) (Target, error) { return Target{}, nil })),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func newWith(url string, opts ...Option) error {
	_, err := New(url, codec.String(), opts...)
	return err
}

package tether

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/message"
)

// On: a listener that ends its goroutine, as t.Fatal does, is reported like one that panics, and costs no listener an event.
func TestAListenerThatEndsItsGoroutineStopsNoOther(t *testing.T) {
	n := &fakeNet{}
	var before, after []State
	var reported []any
	bubble(t, n, nil, func(_ *testing.T, c *Client[string, string]) {
		On(c, func(e StateChanged) { before = append(before, e.New) })
		On(c, func(StateChanged) { runtime.Goexit() })
		On(c, func(e StateChanged) { after = append(after, e.New) })
		On(c, func(e Panicked) { reported = append(reported, e.Value) })
		c.Reconnect(nil)
		pass(time.Second)
	})
	want := []State{StateConnecting, StateOpen, StateClosing, StateClosed}
	if !slices.Equal(before, want) || !slices.Equal(after, want) {
		t.Errorf("a listener before got %v, one after %v, want %v", before, after, want)
	}
	if len(reported) != len(want) || reported[0] != any(ErrGoexit) {
		t.Errorf("reported: %v", reported)
	}
}

// On: a listener for Panicked that ends its goroutine is not asked again for that, and what it was is printed.
func TestAListenerForPanicsThatEndsItsGoroutine(t *testing.T) {
	printed := print1
	defer func() { print1 = printed }()
	var lines []string
	print1 = func(text string) { lines = append(lines, text) }
	calls := 0
	bubble(t, &fakeNet{}, nil, func(_ *testing.T, c *Client[string, string]) {
		On(c, func(StateChanged) { panic("boom") })
		On(c, func(Panicked) {
			calls++
			runtime.Goexit()
		})
		c.Reconnect(nil)
		pass(time.Second)
	})
	if calls != 4 || len(lines) != 4 {
		t.Errorf("called %d times, printed %q", calls, lines)
	}
}

// On: after a function of the router that ends its goroutine, the messages that follow reach their functions.
func TestARouterFunctionThatEndsItsGoroutine(t *testing.T) {
	n := &fakeNet{}
	var got []int
	var reported []any
	typedBubble(t, n, func(_ *testing.T, c *Typed) {
		On(c, func(e Panicked) { reported = append(reported, e.Value) })
		message.On(c.Router(), numbers, func(v number) {
			if got = append(got, v.N); v.N < 3 {
				runtime.Goexit()
			}
		})
		n.last().say(`{"type":"number","N":1}`, `{"type":"number","N":2}`, `{"type":"number","N":3}`)
		synctest.Wait()
	})
	if !slices.Equal(got, []int{1, 2, 3}) || len(reported) != 2 {
		t.Errorf("received %v, reported %v", got, reported)
	}
}

// Handle: a call whose function ends its goroutine is answered as one whose function panics, and makes room for others.
func TestACallWhoseFunctionEndsItsGoroutineIsAnswered(t *testing.T) {
	n := &fakeNet{}
	const most = 64 // at once
	var reported []any
	typedBubble(t, n, func(t *testing.T, c *Typed) {
		On(c, func(e Panicked) { reported = append(reported, e.Value) })
		Handle(c, double, func(_ context.Context, v number) (number, error) {
			if v.N == 1 {
				runtime.Goexit()
			}
			return number{2 * v.N}, nil
		})
		conn := n.last()
		for range most {
			conn.say(`{"type":"double","call":"a","N":1}`)
		}
		pass(time.Second)
		conn.say(`{"type":"double","call":"b","N":2}`)
		pass(time.Second)
		got := strings.Join(conn.got, "\n")
		if strings.Count(got, `"reply":"a","fault":"internal error"`) != most || !strings.Contains(got, `"reply":"b","N":4`) {
			t.Errorf("answered:\n%s", got)
		}
	})
	if len(reported) != most || reported[0] != any(ErrGoexit) {
		t.Errorf("reported: %v", reported)
	}
}

// WithDecide and the other functions that run on the goroutine of Run: when one ends it, the client is closed and says why.
func TestAFunctionThatEndsTheGoroutineOfRunClosesTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &fakeNet{refuse: true}
		c, err := New("ws://test", codec.String(), WithDecide(func(CloseInfo) Decision {
			runtime.Goexit()
			return Decision{}
		}), func(o *options) error { o.dialer = n; return nil })
		if err != nil {
			t.Fatal(err)
		}
		var last StateChanged
		On(c, func(e StateChanged) { last = e })
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = c.Run(context.Background())
		}()
		if err := c.Open(context.Background()); !errors.Is(err, ErrGoexit) {
			t.Errorf("Open returned %v", err)
		}
		await.Closed(t, ended)
		if last.New != StateClosed || !errors.Is(last.Cause, ErrGoexit) {
			t.Errorf("the last change is %+v", last)
		}
		if n.live != 0 {
			t.Errorf("%d connections outlived the client", n.live)
		}
	})
}

// WithEndpoint and WithHello: a function that ends its goroutine fails the attempt, and the next one follows.
func TestAnAttemptWhoseFunctionEndsItsGoroutineFails(t *testing.T) {
	for name, option := range map[string]func(calls *int) Option{
		"endpoint": func(calls *int) Option {
			return WithEndpoint(func(context.Context, Attempt) (Target, error) {
				if *calls++; *calls == 1 {
					runtime.Goexit()
				}
				return Target{URL: "ws://test"}, nil
			})
		},
		"hello": func(calls *int) Option {
			return WithHello(func(context.Context, Opened) ([]string, error) {
				if *calls++; *calls == 1 {
					runtime.Goexit()
				}
				return nil, nil
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			bubble(t, &fakeNet{}, []Option{option(&calls)}, func(t *testing.T, c *Client[string, string]) {
				pass(2 * time.Second)
				if s := c.State(); s != StateOpen || calls != 2 {
					t.Errorf("%v after %d calls", s, calls)
				}
				if h := c.Explain().Steps; !slices.ContainsFunc(h, func(s Step) bool { return errors.Is(s.Cause, ErrGoexit) }) {
					t.Errorf("no cause says why: %+v", h)
				}
			})
		})
	}
}

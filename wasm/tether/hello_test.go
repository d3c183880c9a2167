// These tests prove that first words leave before anything else, and that a connection without them is no connection.
package tether

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
)

// auth is a hello that says which attempt it is.
func auth(_ context.Context, o Opened) ([]string, error) {
	return []string{"auth " + strconv.Itoa(o.Attempt), "subscribe"}, nil
}

func TestHelloLeavesBeforeTheQueueOnEveryConnection(t *testing.T) {
	n := &fakeNet{}
	synctest.Test(t, func(t *testing.T) {
		c, err := New("ws://test", codec.String(), WithHello(auth), func(o *options) error { o.dialer = n; return nil })
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"first", "second"} {
			if err := c.TrySend(text); err != nil {
				t.Fatal(err)
			}
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Run(context.Background()) }()
		pass(time.Second)
		if got := strings.Join(n.last().got, ", "); got != "auth 1, subscribe, first, second" {
			t.Error(got)
		}
		n.last().drop(CloseInfo{Code: CodeAbnormalClosure})
		pass(time.Minute)
		if got := strings.Join(n.last().got, ", "); got != "auth 2, subscribe" {
			t.Error(got)
		}
		if st := c.Stats(); st.Opens != 2 || c.State() != StateOpen {
			t.Errorf("%+v in %v", st, c.State())
		}
		c.Close()
		await.Receive(t, ended)
	})
}

func TestHelloWaitsForItsAnswer(t *testing.T) {
	n := &fakeNet{}
	answer := WithHelloAnswer(func(text string) (bool, error) {
		if text == "denied" {
			return false, errors.New("not welcome")
		}
		return text == "welcome", nil
	})
	bubble(t, n, []Option{WithHello(auth), answer}, func(t *testing.T, c *Client[string, string]) {
		var lost, failures int
		On(c, func(Lost) { lost++ })
		On(c, func(e Retrying) {
			if strings.Contains(e.Cause.Error(), "not welcome") {
				failures++
			}
		})
		if err := c.TrySend("queued"); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		if got := strings.Join(n.last().got, ", "); got != "auth 1, subscribe" || c.State() != StateConnecting {
			t.Errorf("%s, %v", got, c.State())
		}
		n.last().say("denied")
		pass(10 * time.Second)
		n.last().say("please wait", "welcome", "news")
		pass(time.Second)
		if got := strings.Join(n.last().got, ", "); got != "auth 2, subscribe, queued" || c.State() != StateOpen {
			t.Errorf("%s, %v", got, c.State())
		}
		for text := range c.Messages(context.Background()) {
			if text != "news" {
				t.Error("the application read", text)
			}
			break
		}
		if lost != 0 || failures != 1 {
			t.Errorf("%d connections were lost, %d attempts failed", lost, failures)
		}
	})
}

func TestAMessageBeforeTheHelloIsKept(t *testing.T) {
	n := &fakeNet{}
	slow := WithHello(func(context.Context, Opened) ([]string, error) {
		time.Sleep(5 * time.Second)
		return []string{"auth"}, nil
	})
	bubble(t, n, []Option{slow}, func(t *testing.T, c *Client[string, string]) {
		n.last().say("a", "b")
		pass(time.Second)
		if c.State() != StateConnecting {
			t.Error(c.State())
		}
		pass(5 * time.Second)
		var read string
		for text := range c.Messages(context.Background()) {
			if read += text; len(read) == 2 {
				break
			}
		}
		if read != "ab" || c.State() != StateOpen {
			t.Error(read, c.State())
		}
	})
}

// TestAHelloThatFails: one that stops, one that waits in vain, one that panics, and more messages than there is room for.
func TestAHelloThatFails(t *testing.T) {
	t.Run("permanent", func(t *testing.T) {
		bubble(t, &fakeNet{}, []Option{WithHello(func(context.Context, Opened) ([]string, error) {
			return nil, Permanent(errors.New("no account"))
		})}, func(t *testing.T, c *Client[string, string]) {
			pass(time.Second)
			if err := c.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "no account") {
				t.Error(err)
			}
		})
	})
	t.Run("too slow", func(t *testing.T) {
		var ended error
		bubble(t, &fakeNet{}, []Option{WithConnectTimeout(3 * time.Second), WithHello(func(ctx context.Context, o Opened) ([]string, error) {
			if o.Attempt > 1 {
				return []string{"auth"}, nil
			}
			<-ctx.Done()
			ended = ctx.Err()
			return nil, ended
		})}, func(t *testing.T, c *Client[string, string]) {
			pass(10 * time.Second)
			if c.State() != StateOpen || ended == nil {
				t.Error(c.State(), ended)
			}
		})
	})
	t.Run("panic", func(t *testing.T) {
		bubble(t, &fakeNet{}, []Option{WithHello(func(_ context.Context, o Opened) ([]string, error) {
			if o.Attempt == 1 {
				panic("bug")
			}
			return nil, nil
		})}, func(t *testing.T, c *Client[string, string]) {
			pass(10 * time.Second)
			if c.State() != StateOpen {
				t.Error(c.State())
			}
		})
	})
	t.Run("flood", func(t *testing.T) {
		n := &fakeNet{}
		bubble(t, n, []Option{WithInbox(Limits{Messages: 3}), WithHello(func(ctx context.Context, o Opened) ([]string, error) {
			if o.Attempt == 1 {
				<-ctx.Done()
			}
			return nil, nil
		})}, func(t *testing.T, c *Client[string, string]) {
			n.last().say("a", "b", "c", "d")
			pass(10 * time.Second)
			if c.State() != StateOpen || c.Stats().Attempts != 2 {
				t.Error(c.State(), c.Stats().Attempts)
			}
		})
	})
	t.Run("a server that closes meanwhile", func(t *testing.T) {
		n := &fakeNet{}
		bubble(t, n, []Option{WithHelloAnswer(func(string) (bool, error) { return false, nil })}, func(t *testing.T, c *Client[string, string]) {
			n.last().drop(CloseInfo{Code: 4001, Clean: true})
			pass(time.Second)
			if stop, ok := errors.AsType[*StopError](c.Run(context.Background())); !ok || !strings.Contains(stop.Rule, "4000") {
				t.Error(stop)
			}
		})
	})
}

func TestHelloOfAnotherTypeIsRefused(t *testing.T) {
	for want, option := range map[string]Option{
		"returns another type":    WithHello(func(context.Context, Opened) ([]int, error) { return nil, nil }),
		"takes another type":      WithHelloAnswer(func(int) (bool, error) { return true, nil }),
		"WithHello: the function": WithHello[string](nil),
	} {
		if _, err := New("ws://x", codec.String(), option); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestARefusedTokenIsAskedForOnceMore: 401 and 4401 stop at the second time in a row, unless the token between was good for a while.
func TestARefusedTokenIsAskedForOnceMore(t *testing.T) {
	for name, refusal := range map[string]CloseInfo{
		"4401":     {Code: unauthorizedCode, Clean: true},
		"3000":     {Code: CodeUnauthorized, Clean: true},
		"HTTP 401": {Code: CodeAbnormalClosure, Err: &HandshakeError{Status: 401}},
	} {
		t.Run(name, func(t *testing.T) {
			n := &fakeNet{}
			asked := 0
			endpoint := WithEndpoint(func(context.Context, Attempt) (Target, error) { asked++; return Target{}, nil })
			bubble(t, n, []Option{endpoint}, func(t *testing.T, c *Client[string, string]) {
				n.last().drop(refusal)
				pass(10 * time.Second)
				if c.State() != StateOpen || asked != 2 {
					t.Fatalf("%v after %d questions", c.State(), asked)
				}
				n.last().drop(refusal) // after ten seconds
				pass(10 * time.Second)
				if c.State() != StateOpen || asked != 3 {
					t.Fatalf("%v after %d questions", c.State(), asked)
				}
				n.mu.Lock()
				n.reply = func(c *fakeConn, _ string) { c.drop(refusal) }
				n.mu.Unlock()
				n.last().drop(CloseInfo{Code: CodeAbnormalClosure})
				for range 100 { // each connection is refused at once
					_ = c.TrySend("x") // fails when the client is closed
					pass(time.Second)
				}
				if stop, ok := errors.AsType[*StopError](c.Run(context.Background())); !ok {
					t.Errorf("%v after %d questions", stop, asked)
				}
			})
		})
	}
	bubble(t, &fakeNet{}, []Option{WithEndpoint(func(context.Context, Attempt) (Target, error) { return Target{}, nil })}, func(t *testing.T, c *Client[string, string]) {
		c.shell.options.dialer.(*fakeNet).last().drop(CloseInfo{Code: unauthorizedCode, Reason: `{"reconnect":false}`, Clean: true})
		pass(time.Minute)
		if c.State() != StateClosed {
			t.Error("the server's own word does not count:", c.State())
		}
	})
}

// These tests prove what Shutdown vouches for: each line of the table is a conversation with a server, and what is certain
// when it is over.
package tether

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
)

func TestShutdownVouchesForWhatThePeerProved(t *testing.T) {
	abnormal := CloseInfo{Code: CodeAbnormalClosure}
	for _, test := range []struct {
		name              string
		opts              []Option
		close             func(*fakeConn) // what the server does about our close frame
		before            func(*fakeNet, *Client[string, string])
		unsent, uncertain int
		is                error
	}{
		{name: "nothing was sent, and the connection goes", close: func(c *fakeConn) { c.drop(abnormal) }},
		{
			name:   "the peer answers our close frame",
			before: func(_ *fakeNet, c *Client[string, string]) { _ = c.TrySend("a") },
		},
		{
			name:   "the peer answers with its own habit",
			before: func(_ *fakeNet, c *Client[string, string]) { _ = c.TrySend("a") },
			close:  func(c *fakeConn) { c.drop(CloseInfo{Code: CodeNormalClosure, Clean: true}) },
		},
		{
			name:      "the connection goes instead",
			before:    func(_ *fakeNet, c *Client[string, string]) { _ = c.TrySend("a"); _ = c.TrySend("b") },
			close:     func(c *fakeConn) { c.drop(abnormal) },
			uncertain: 2, is: ErrUncertain,
		},
		{
			name:      "the peer closes by itself, and the frames pass each other",
			before:    func(_ *fakeNet, c *Client[string, string]) { _ = c.TrySend("a") },
			close:     func(c *fakeConn) { c.drop(CloseInfo{Code: CodeGoingAway, Clean: true}) },
			uncertain: 1, is: ErrUncertain,
		},
		{
			name:      "the peer closed before it got ours",
			before:    func(_ *fakeNet, c *Client[string, string]) { _ = c.TrySend("a") },
			close:     func(c *fakeConn) { c.drop(CloseInfo{Code: CodeNormalClosure, Clean: true, peer: true}) },
			uncertain: 1, is: ErrUncertain,
		},
		{
			name:      "the peer does not answer in time",
			before:    func(_ *fakeNet, c *Client[string, string]) { _ = c.TrySend("a") },
			close:     func(*fakeConn) {},
			uncertain: 1, is: ErrCloseTimeout,
		},
		{
			name: "a pong proved it before",
			opts: []Option{WithHeartbeat(Heartbeat{Interval: time.Second})},
			before: func(n *fakeNet, c *Client[string, string]) {
				_ = c.TrySend("a")
				n.answer(echoPong)
				pass(2 * time.Second)
			},
			close: func(c *fakeConn) { c.drop(abnormal) },
		},
		{
			name: "a pong proved some of it",
			opts: []Option{WithHeartbeat(Heartbeat{Interval: time.Second})},
			before: func(n *fakeNet, c *Client[string, string]) {
				_ = c.TrySend("a")
				n.answer(echoPong)
				pass(1500 * time.Millisecond)
				_ = c.TrySend("b")
			},
			close:     func(c *fakeConn) { c.drop(abnormal) },
			uncertain: 1, is: ErrUncertain,
		},
		{
			name: "a connection that was lost before is no matter of Shutdown",
			before: func(n *fakeNet, c *Client[string, string]) {
				_ = c.TrySend("a")
				n.last().drop(abnormal)
				pass(time.Minute)
			},
			close: func(c *fakeConn) { c.drop(abnormal) },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := &fakeNet{onClose: test.close}
			bubble(t, n, test.opts, func(t *testing.T, c *Client[string, string]) {
				if test.before != nil {
					test.before(n, c)
				}
				err := c.Shutdown(await.Context(t), 4000, "")
				got, ok := errors.AsType[*ShutdownError](err)
				if test.unsent+test.uncertain == 0 {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if !ok || got.Unsent != test.unsent || got.Uncertain != test.uncertain || !errors.Is(err, test.is) || !errors.Is(err, ErrUndelivered) {
					t.Errorf("%v, want %d and %d, %v", err, test.unsent, test.uncertain, test.is)
				}
			})
		})
	}
}

// answer sets what the server does with what it gets from now on.
func (n *fakeNet) answer(f func(*fakeConn, string)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.reply = f
}

// echoPong answers pings as a server should.
func echoPong(c *fakeConn, p string) {
	if len(p) > 9 && p[:9] == `{"type":"` && p[9:13] == "ping" {
		c.say(p[:9] + "pong" + p[13:])
	}
}

// TestShutdownEndsAsSoonAsNothingIsLeft proves that a client without a connection does not wait for one that would have
// nothing to do.
func TestShutdownEndsAsSoonAsNothingIsLeft(t *testing.T) {
	for name, leave := range map[string]func(*Receipt){
		"canceled": func(r *Receipt) { r.Cancel() },
		"expired":  func(*Receipt) {},
	} {
		t.Run(name, func(t *testing.T) {
			n := &fakeNet{mute: true}
			bubble(t, n, nil, func(t *testing.T, c *Client[string, string]) {
				var r Receipt
				if err := c.TrySend("a", Track(&r), Expires(time.Second)); err != nil {
					t.Fatal(err)
				}
				begin := time.Now()
				ended := make(chan error, 1)
				go func() { ended <- c.Shutdown(context.Background(), CodeNormalClosure, "") }()
				synctest.Wait()
				leave(&r)
				if err := await.Receive(t, ended); err != nil || time.Since(begin) > 2*time.Second {
					t.Errorf("%v after %v", err, time.Since(begin))
				}
			})
		})
	}
}

// TestShutdownDuringAClosingHandshakeSendsTheRest proves that what waits when the client closes to come back is sent over the next
// connection.
func TestShutdownDuringAClosingHandshakeSendsTheRest(t *testing.T) {
	n := &fakeNet{}
	bubble(t, n, []Option{WithInbox(Limits{Messages: 2}, InboxOverflowClose)}, func(t *testing.T, c *Client[string, string]) {
		first := n.last()
		n.onClose = func(*fakeConn) {} // the server takes its time
		first.say("1", "2", "3")
		synctest.Wait()
		if c.State() != StateClosing {
			t.Fatal(c.State())
		}
		if err := c.TrySend("must arrive"); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Shutdown(context.Background(), CodeNormalClosure, "") }()
		synctest.Wait()
		n.onClose = nil
		first.drop(CloseInfo{Code: CodePolicyViolation, Clean: true})
		if err := await.Receive(t, ended); err != nil {
			t.Error(err)
		}
		if got := n.last().got; len(got) != 1 || got[0] != "must arrive" {
			t.Errorf("the server got %q", got)
		}
	})
}

// TestAMessageExpiresByItself proves that nothing else has to happen for that.
func TestAMessageExpiresByItself(t *testing.T) {
	n := &fakeNet{mute: true}
	bubble(t, n, nil, func(t *testing.T, c *Client[string, string]) {
		dropped := make(chan Dropped, 10)
		On(c, func(e Dropped) { dropped <- e })
		begin := time.Now()
		receipts := make([]Receipt, 3)
		for i := range receipts { // the last expires first
			if err := c.TrySend("x", Track(&receipts[i]), Expires(time.Duration(3-i)*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		for i := len(receipts) - 1; i >= 0; i-- {
			err := receipts[i].Wait(await.Context(t), StageHandedOver)
			if want := time.Duration(3-i) * time.Second; !errors.Is(err, ErrExpired) || time.Since(begin) != want {
				t.Errorf("message %d: %v after %v, want %v", i, err, time.Since(begin), want)
			}
			if e := await.Receive(t, dropped); e.Messages != 1 || !errors.Is(e.Cause, ErrExpired) {
				t.Errorf("%+v", e)
			}
		}
	})
}

// TestShutdownSaysWhatWasNotSent counts what no connection took.
func TestShutdownSaysWhatWasNotSent(t *testing.T) {
	n := &fakeNet{refuse: true}
	synctest.Test(t, func(t *testing.T) {
		c, err := New("ws://test", codec.String(), func(o *options) error { o.dialer = n; return nil })
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Run(context.Background()) }()
		synctest.Wait()
		_ = c.TrySend("a")
		_ = c.TrySend("b")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err = c.Shutdown(ctx, CodeNormalClosure, "")
		if e, ok := errors.AsType[*ShutdownError](err); !ok || e.Unsent != 2 || e.Uncertain != 0 || !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrUncertain) {
			t.Error(err)
		}
		_ = await.Receive(t, ended)
	})
}

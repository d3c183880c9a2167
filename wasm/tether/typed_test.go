// These tests prove that typed messages and calls keep their promises whatever happens to the connection, with a server
// that is the test.
package tether

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
	"github.com/tetherscope/tetherscope/wasm/internal/answering"
	"github.com/tetherscope/tetherscope/wasm/message"
)

type number struct{ N int }

var (
	numbers = message.New("number", jsoncodec.New[number, number]())
	double  = message.NewCall("double", jsoncodec.New[number, number](), jsoncodec.New[number, number]())
	look    = message.NewCall("look", jsoncodec.New[number, number](), jsoncodec.New[number, number]()).Idempotent()
)

// typedBubble is bubble for a Typed.
func typedBubble(t *testing.T, n *fakeNet, play func(*testing.T, *Typed), opts ...Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, err := NewTyped("ws://test", message.JSON(), append(opts, func(o *options) error { o.dialer = n; return nil })...)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Run(context.Background()) }()
		pass(10 * time.Millisecond)
		play(t, c)
		c.Close()
		await.Receive(t, ended)
		if waiting := len(c.calls.list); waiting > 0 {
			t.Errorf("%d calls are left", waiting)
		}
	})
}

// result is what a Call returned.
type result struct {
	n   number
	err error
}

// call asks on a goroutine of its own.
func call(ctx context.Context, c *Typed, what *message.Call[number, number], opts ...SendOption) chan result {
	done := make(chan result, 1)
	go func() {
		n, err := Call(ctx, c, what, number{21}, opts...)
		done <- result{n, err}
	}()
	synctest.Wait()
	return done
}

func TestTypedMessagesAreDeliveredInOrder(t *testing.T) {
	n := &fakeNet{}
	typedBubble(t, n, func(t *testing.T, c *Typed) {
		var got []int
		var unheard, malformed, panicked int
		On(c, func(Unhandled) { unheard++ })
		On(c, func(Malformed) { malformed++ })
		On(c, func(Panicked) { panicked++ })
		message.On(c.Router(), numbers, func(v number) {
			got = append(got, v.N)
			if v.N == 2 {
				panic("two")
			}
		})
		n.last().say(`{"type":"number","N":1}`, `{"type":"nobody"}`, `{"type":"number","N":"x"}`, `nonsense`, `{"type":"number","N":2}`,
			`{"type":"number","N":3}`, `{"type":"double","reply":"1"}`)
		synctest.Wait()
		if len(got) != 3 || got[0] != 1 || got[2] != 3 {
			t.Errorf("received %v", got)
		}
		if unheard != 2 || malformed != 2 || panicked != 1 {
			t.Errorf("%d unheard, %d malformed, %d panicked", unheard, malformed, panicked)
		}
		if err := Send(t.Context(), c, numbers, number{7}); err != nil {
			t.Error(err)
		}
		if got := n.last().got; len(got) != 1 || got[0] != `{"type":"number","N":7}` {
			t.Errorf("sent %q", got)
		}
	})
}

func TestACallIsAnsweredPastABusyListener(t *testing.T) {
	n := &fakeNet{}
	typedBubble(t, n, func(t *testing.T, c *Typed) {
		answer := make(chan result, 1)
		message.On(c.Router(), numbers, func(number) {
			v, err := Call(t.Context(), c, double, number{21})
			answer <- result{v, err}
		})
		n.last().say(`{"type":"number","N":1}`)
		synctest.Wait()
		conn := n.last()
		if len(conn.got) != 1 || conn.got[0] != `{"type":"double","call":"1","N":21}` {
			t.Fatalf("asked %q", conn.got)
		}
		conn.say(`{"type":"double","reply":"other"}`, `{"type":"double","reply":"1","N":42}`)
		if r := await.Receive(t, answer); r.err != nil || r.n.N != 42 {
			t.Errorf("%+v", r)
		}
	})
}

func TestACallThatTheServerRefuses(t *testing.T) {
	n := &fakeNet{}
	typedBubble(t, n, func(t *testing.T, c *Typed) {
		done := call(t.Context(), c, double)
		n.last().say(`{"type":"double","reply":"1","fault":"not today"}`)
		r := await.Receive(t, done)
		if f, ok := errors.AsType[*message.Fault](r.err); !ok || f.Text != "not today" {
			t.Error(r.err)
		}
	})
}

// P14: a call that is not marked idempotent is never sent twice, and says whether the server may have seen it.
func TestACallFailsWhenItsConnectionEnds(t *testing.T) {
	n := &fakeNet{}
	typedBubble(t, n, func(t *testing.T, c *Typed) {
		done := call(t.Context(), c, double)
		n.last().drop(CloseInfo{Code: CodeAbnormalClosure})
		r := await.Receive(t, done)
		if d, ok := errors.AsType[*DisconnectedError](r.err); !ok || !d.Sent {
			t.Error(r.err)
		}
		if err := c.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		if again := n.last().got; len(again) > 0 {
			t.Errorf("it was sent again: %q", again)
		}
	})
}

func TestAnIdempotentCallIsAskedAgain(t *testing.T) {
	n := &fakeNet{}
	typedBubble(t, n, func(t *testing.T, c *Typed) {
		done := call(t.Context(), c, look)
		n.last().drop(CloseInfo{Code: CodeAbnormalClosure})
		pass(time.Minute)
		n.last().say(`{"type":"look","reply":"1","N":1}`, `{"type":"look","reply":"2","N":42}`) // the first answers the dead one
		if r := await.Receive(t, done); r.err != nil || r.n.N != 42 {
			t.Errorf("%+v", r)
		}
	})
}

func TestACallThatWasNotSent(t *testing.T) {
	typedBubble(t, outside(), func(t *testing.T, c *Typed) {
		r := await.Receive(t, call(t.Context(), c, double, Volatile()))
		if d, ok := errors.AsType[*DisconnectedError](r.err); !ok || d.Sent || !errors.Is(r.err, ErrNotConnected) {
			t.Errorf("volatile: %v", r.err)
		}
		// P14: when ctx ends, the request is taken out of the outbox.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r = await.Receive(t, call(ctx, c, double))
		if !errors.Is(r.err, context.DeadlineExceeded) || c.Stats().Outbox.Messages != 0 {
			t.Errorf("deadline: %v, %+v left", r.err, c.Stats().Outbox)
		}
		done := call(t.Context(), c, look)
		c.Close()
		r = await.Receive(t, done)
		if d, ok := errors.AsType[*DisconnectedError](r.err); !ok || d.Sent || strings.Contains(d.Error(), "after") {
			t.Errorf("closed: %v", r.err)
		}
	})
}

// P15: a request that waited for a connection keeps its id, so that its answer is known, whichever connection it is sent
// on; and what the server is to know of each connection is sent on each Opened.
func TestACallThatWaitedIsAnswered(t *testing.T) {
	n := outside()
	typedBubble(t, n, func(t *testing.T, c *Typed) {
		On(c, func(Opened) { _ = TrySend(c, numbers, number{1}, Urgent()) }) // say: what I am subscribed to
		first, second := call(t.Context(), c, double), call(t.Context(), c, double)
		for range 2 {
			conn := n.openUp()
			if len(conn.got) == 0 || len(conn.got) > 3 {
				t.Fatalf("asked %q", conn.got)
			}
			// The listener runs beside the writer: what it sends leaves before, between or behind what waited (WithHello is for first words).
			if !slices.Contains(conn.got, `{"type":"number","N":1}`) {
				t.Errorf("the subscription was not renewed: %q", conn.got)
			}
			conn.say(`{"type":"double","reply":"2","N":2}`, `{"type":"double","reply":"1","N":1}`)
			conn.drop(CloseInfo{Code: CodeAbnormalClosure})
			pass(time.Minute)
		}
		if a, b := await.Receive(t, first), await.Receive(t, second); a.err != nil || a.n.N != 1 || b.err != nil || b.n.N != 2 {
			t.Errorf("%+v %+v", a, b)
		}
	}, WithConnectTimeout(time.Hour))
}

// TestCallsOfTheServerAreAnswered: by the function, with a fault when it fails, panics, is not there or is asked too much, and never
// with silence. Its context ends with the connection.
func TestCallsOfTheServerAreAnswered(t *testing.T) {
	n := &fakeNet{}
	typedBubble(t, n, func(t *testing.T, c *Typed) {
		var panicked, malformed int
		var ended atomic.Int32
		On(c, func(Panicked) { panicked++ })
		On(c, func(Malformed) { malformed++ })
		cancel := Handle(c, double, func(ctx context.Context, v number) (number, error) {
			switch v.N {
			case 1:
				return v, message.Public(errors.New("not one"))
			case 2:
				return v, errors.New("secret")
			case 3:
				panic("three")
			case 4:
				<-ctx.Done()
				ended.Add(1)
			}
			return number{2 * v.N}, nil
		})
		conn := n.last()
		conn.say(`{"type":"double","call":"a","N":21}`, `{"type":"double","call":"b","N":1}`, `{"type":"double","call":"c","N":2}`,
			`{"type":"double","call":"d","N":3}`, `{"type":"double","call":"e","N":"x"}`, `{"type":"look","call":"f","N":4}`)
		pass(time.Second)
		got := strings.Join(conn.got, "\n")
		for _, want := range []string{
			`"reply":"a","N":42`, `"reply":"b","fault":"not one"`, `"reply":"c","fault":"internal error"`, `"reply":"d","fault":"internal error"`,
			`"reply":"e","fault":"the request is not valid"`, `"reply":"f","fault":"unknown call"`,
		} {
			if !strings.Contains(got, want) {
				t.Errorf("no answer with %s in\n%s", want, got)
			}
		}
		if panicked != 1 || malformed != 1 || strings.Contains(got, "secret") {
			t.Errorf("%d panics, %d malformed requests were reported", panicked, malformed)
		}
		for range answering.Most + 1 {
			conn.say(`{"type":"double","call":"g","N":4}`)
		}
		pass(time.Second)
		if got := conn.got[len(conn.got)-1]; len(conn.got) != 7 || !strings.Contains(got, answering.Busy) {
			t.Error(len(conn.got), got)
		}
		conn.drop(CloseInfo{Code: CodeAbnormalClosure})
		pass(time.Minute)
		if ended.Load() != answering.Most || len(n.last().got) != 0 {
			t.Errorf("%d contexts have ended; the next connection got %q", ended.Load(), n.last().got)
		}
		cancel()
		n.last().say(`{"type":"double","call":"h","N":21}`)
		pass(time.Second)
		if got := strings.Join(n.last().got, ""); !strings.Contains(got, answering.Unknown) {
			t.Error("after cancel:", got)
		}
	})
}

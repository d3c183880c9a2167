// How connections end, over every transport; see conformance_test.go.
package tether_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/wstest"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

func TestCloseWithoutACodeIs1005(t *testing.T) {
	lost := make(chan tether.Lost, 1)
	c := prepare(t, "/close?code=0&ms=100", fast)
	tether.On(c, func(e tether.Lost) {
		select {
		case lost <- e: // the first of any number
		default:
		}
	})
	c.run()
	if e := await.Receive(t, lost); e.Code != tether.CodeNoStatus || !e.Clean {
		t.Errorf("%+v", e)
	}
}

// 1.1 of coder/websocket's browser half, and P10: the server accepts long after the client gave up. When it has seen a second
// attempt the client has given up the first: there is one at a time.
func TestAnAttemptThatIsGivenUpLeavesNoSocket(t *testing.T) {
	c := prepare(t, "/slow-accept?ask=1", fast, tether.WithConnectTimeout(200*time.Millisecond))
	var other atomic.Pointer[tether.Retrying]
	tether.On(c, func(e tether.Retrying) {
		if !errors.Is(e.Cause, tether.ErrConnectTimeout) {
			other.Store(&e)
		}
	})
	c.run()
	c.saw("there were two attempts", func(st wstest.Stats) bool { return st.Attempts >= 2 })
	c.Close()
	if err := c.end(); err != nil {
		t.Errorf("Run returned %v", err)
	}
	if e := other.Load(); e != nil {
		t.Errorf("an attempt ended with %+v", *e)
	}
	ask(t, "/release?key="+c.key).Body.Close()
	c.saw("the connections ended", func(st wstest.Stats) bool { return st.Live == 0 && st.Ended == st.Attempts })
}

func TestClosingWhileConnectingLeavesNoSocket(t *testing.T) {
	c := start(t, "/slow-accept?ask=1")
	c.saw("an attempt is under way", func(st wstest.Stats) bool { return st.Attempts == 1 })
	c.Close()
	if err := c.end(); err != nil {
		t.Errorf("Run returned %v", err)
	}
	ask(t, "/release?key="+c.key).Body.Close()
	c.saw("the connection ended", func(st wstest.Stats) bool { return st.Live == 0 && st.Ended == 1 })
}

func TestAStalledHandshakeEndsWithTheConnectTimeout(t *testing.T) {
	c := start(t, "/stall", tether.WithConnectTimeout(150*time.Millisecond), tether.WithBackoff(tether.Backoff{MaxAttempts: 1}))
	if err := c.end(); !errors.Is(err, tether.ErrConnectTimeout) { // nothing else ends it
		t.Errorf("Run returned %v", err)
	}
}

// 1.6 of coder/websocket's browser half: 60 s there.
func TestCloseNeverWaitsForThePeer(t *testing.T) {
	c := start(t, "/never-close", tether.WithCloseTimeout(time.Hour))
	c.open()
	c.Close() // one that waited would take an hour
	c.Close()
	now, cancel := context.WithCancel(context.Background())
	cancel()
	_ = c.Shutdown(now, tether.CodeNormalClosure, "") // ends the wait of Run
	_ = c.end()

	c = start(t, "/never-close", tether.WithCloseTimeout(200*time.Millisecond))
	c.open()
	begin := time.Now()
	c.Close()
	if err := c.end(); err != nil {
		t.Errorf("Run returned %v", err)
	}
	if took := time.Since(begin); took > 50*time.Second {
		t.Errorf("Run returned after %v", took)
	}
}

func TestShutdownIsBoundedByItsContext(t *testing.T) {
	c := start(t, "/never-close")
	c.open()
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := c.Shutdown(ctx, tether.CodeNormalClosure, ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown returned %v", err)
	}
	_ = c.end()
}

// 1.3 of coder/websocket's browser half: there the whole program dies.
func TestAnInvalidFrameDuringCloseHarmsNothing(t *testing.T) {
	for range 5 {
		c := start(t, "/badframe-on-close", tether.WithCloseTimeout(500*time.Millisecond))
		c.open()
		c.Close()
		if err := c.end(); err != nil {
			t.Errorf("Run returned %v", err)
		}
	}
	again := start(t, "/echo")
	again.open()
}

func TestAnInvalidFrameEndsTheConnectionAndIsRetried(t *testing.T) {
	c := start(t, "/badframe?n=1", tether.WithBackoff(tether.Backoff{Base: time.Millisecond, MaxAttempts: 2}),
		tether.WithDecide(func(tether.CloseInfo) tether.Decision { return tether.Decision{} }))
	if got := string(c.receive().Data); got != "0" {
		t.Errorf("read %q", got)
	}
	if got := string(c.receive().Data); got != "0" {
		t.Errorf("read %q after the retry", got)
	}
}

func TestShutdownDrainsAndSendsCodeAndReason(t *testing.T) {
	c := start(t, "/echo")
	c.open() // else Shutdown may come before Run's goroutine, and a client that was never run closes on the spot
	for i := range 100 {
		if err := c.Send(deadline(t), text(strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Shutdown(deadline(t), 4321, "konec směny"); err != nil {
		t.Fatal(err)
	}
	c.saw("all arrived before the close", func(st wstest.Stats) bool {
		return st.Messages == 100 && len(st.Closes) == 1 && st.Closes[0] == wstest.Close{Code: 4321, Reason: "konec směny"}
	})
	if err := c.TrySend(text("late")); !errors.Is(err, tether.ErrClosed) {
		t.Errorf("TrySend after Shutdown returned %v", err)
	}
}

// P11, and 1.2 of coder/websocket's browser half.
func TestIllegalCloseCodesAndReasonsAreMadeLegal(t *testing.T) {
	for _, test := range []struct {
		code   tether.Code
		reason string
		want   wstest.Close
	}{
		{tether.CodeNoStatus, "", wstest.Close{Code: 1005}},
		{tether.CodeAbnormalClosure, "", wstest.Close{Code: 1000}},
		{2999, "", wstest.Close{Code: 1000}},
		{5000, "", wstest.Close{Code: 1000}},
		{tether.CodeGoingAway, "", wstest.Close{Code: onBrowser(1000, 1001)}},
		{tether.CodeInternalError, "", wstest.Close{Code: onBrowser(4911, 1011)}},
		{4000, strings.Repeat("ž", 62), wstest.Close{Code: 4000, Reason: strings.Repeat("ž", 61)}},
	} {
		c := start(t, "/echo")
		c.open()
		if err := c.Shutdown(deadline(t), test.code, test.reason); err != nil {
			t.Errorf("%d: %v", test.code, err)
		}
		c.saw("a legal close came", func(st wstest.Stats) bool { return len(st.Closes) == 1 && st.Closes[0] == test.want })
	}
}

// P3: what the platform still held when the connection went is reported, in a browser too. The server goes when everything
// was handed over, however long that takes.
func TestWhatNeverLeftIsReported(t *testing.T) {
	const n, size = 32, 1 << 20 // more than all buffers on the way hold
	c := prepare(t, "/drop?ask=1&rst=1", tether.WithSendBuffer(2*n*size))
	lost := make(chan tether.Lost, 1)
	tether.On(c, func(e tether.Lost) {
		select {
		case lost <- e: // the first
		default:
		}
	})
	c.run()
	c.open()
	for range n {
		if err := c.Send(deadline(t), codec.Message{Type: codec.Binary, Data: make([]byte, size)}); err != nil {
			t.Fatal(err)
		}
	}
	await.Until(t, "everything to be handed over", func() bool { return c.Stats().Sent == n })
	ask(t, "/release?key="+c.key).Body.Close()
	if e := await.Receive(t, lost); e.Unflushed < size || e.Unflushed > n*(size+64) {
		t.Errorf("%d bytes never left, want between one message and all of them: %d", e.Unflushed, n*size)
	}
}

// These tests prove what the options of Send promise, in the outbox alone and through a client whose server is the test,
// and that a receipt never says more than is known.
package tether

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// outside sends nothing: attempts never end, so the outbox keeps what it is given.
func outside() *fakeNet { return &fakeNet{mute: true} }

// openUp lets the attempt that is under way succeed, and returns its connection.
func (n *fakeNet) openUp() *fakeConn {
	c := n.last()
	c.accept()
	synctest.Wait()
	return c
}

func stageOf(t *testing.T, r *Receipt, want Stage, why error) {
	t.Helper()
	if got, err := r.Stage(); got != want || !errors.Is(err, why) || (err == nil) != (why == nil) {
		t.Errorf("stage %v (%v), want %v (%v)", got, err, want, why)
	}
}

func TestSendOptionsChangeWhatWaits(t *testing.T) {
	type step struct {
		text string
		opts []SendOption
		wait time.Duration // before the next
	}
	for _, test := range []struct {
		name  string
		steps []step
		want  []string
	}{
		{
			"urgent goes first, in order among its kind",
			[]step{{"a", nil, 0}, {"U1", []SendOption{Urgent()}, 0}, {"b", nil, 0}, {"U2", []SendOption{Urgent()}, 0}},
			[]string{"U1", "U2", "a", "b"},
		},
		{
			"a key keeps its place and the newest value",
			[]step{{"x=1", []SendOption{Replaces("x")}, 0}, {"a", nil, 0}, {"x=2", []SendOption{Replaces("x")}, 0}, {"y=1", []SendOption{Replaces("y")}, 0}},
			[]string{"x=2", "a", "y=1"},
		},
		{
			"what is too old is not sent",
			[]step{{"old", []SendOption{Expires(time.Second)}, 2 * time.Second}, {"new", []SendOption{Expires(time.Second)}, 0}, {"ever", []SendOption{Expires(0)}, 0}},
			[]string{"new", "ever"},
		},
		{
			"volatile does not wait for a connection",
			[]step{{"v", []SendOption{Volatile()}, 0}, {"a", nil, 0}},
			[]string{"a"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := outside()
			bubble(t, n, nil, func(t *testing.T, c *Client[string, string]) {
				for _, s := range test.steps {
					if err := c.TrySend(s.text, s.opts...); err != nil {
						t.Fatal(err)
					}
					pass(s.wait)
				}
				if got := n.openUp().got; !slices.Equal(got, test.want) {
					t.Errorf("sent %q, want %q", got, test.want)
				}
			})
		})
	}
}

func TestUrgentFindsRoomInAFullOutbox(t *testing.T) {
	n := outside()
	bubble(t, n, []Option{WithOutbox(Limits{Messages: 1}, OverflowReject)}, func(t *testing.T, c *Client[string, string]) {
		_ = c.TrySend("a")
		if err := c.TrySend("b"); !errors.Is(err, ErrQueueFull) {
			t.Errorf("the outbox is not full: %v", err)
		}
		for i := range urgentReserve + 1 {
			if err := c.TrySend("u", Urgent()); (err != nil) != (i == urgentReserve) {
				t.Errorf("urgent message %d: %v", i, err)
			}
		}
	})
}

func TestAReceiptSaysWhyAMessageWasGivenUp(t *testing.T) {
	for _, test := range []struct {
		name string
		why  error
		fate func(c *Client[string, string], r *Receipt)
	}{
		{"replaced", ErrReplaced, func(c *Client[string, string], r *Receipt) {
			_ = c.TrySend("old", Replaces("k"), Track(r))
			_ = c.TrySend("new", Replaces("k"))
		}},
		{"expired", ErrExpired, func(c *Client[string, string], r *Receipt) {
			_ = c.TrySend("old", Expires(time.Second), Track(r))
			pass(time.Minute)
		}},
		{"volatile", ErrNotConnected, func(c *Client[string, string], r *Receipt) { _ = c.TrySend("v", Volatile(), Track(r)) }},
		{"canceled", ErrCanceled, func(c *Client[string, string], r *Receipt) {
			_ = c.TrySend("c", Track(r))
			if !r.Cancel() || r.Cancel() {
				panic("a waiting message can be canceled once")
			}
		}},
		{"dropped", ErrQueueFull, func(c *Client[string, string], r *Receipt) {
			_ = c.TrySend("1", Track(r))
			_ = c.TrySend("2")
			_ = c.TrySend("3")
		}},
		{"closed", ErrClosed, func(c *Client[string, string], r *Receipt) {
			_ = c.TrySend("1", Track(r))
			c.Close()
			synctest.Wait()
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			opts := []Option{WithOutbox(Limits{Messages: 2}, OverflowDropOldest), WithConnectTimeout(time.Second)}
			bubble(t, outside(), opts, func(t *testing.T, c *Client[string, string]) {
				var r Receipt
				test.fate(c, &r)
				stageOf(t, &r, StageDiscarded, test.why)
				if err := r.Wait(context.Background(), StageFlushed); !errors.Is(err, test.why) {
					t.Errorf("Wait: %v", err)
				}
			})
		})
	}
}

// P3: what a platform took is not what it sent. The receipt distinguishes the two, and says Uncertain when a connection
// ends in between.
func TestAReceiptKnowsFlushedFromHandedOver(t *testing.T) {
	n := &fakeNet{}
	bubble(t, n, nil, func(t *testing.T, c *Client[string, string]) {
		conn := n.last()
		conn.hold(6) // "first" leaves six bytes behind: all of itself and more
		var first, second Receipt
		_ = c.TrySend("first", Track(&first))
		pass(time.Second)
		stageOf(t, &first, StageHandedOver, nil)
		_ = c.TrySend("second", Track(&second))
		pass(time.Second)
		stageOf(t, &first, StageFlushed, nil) // 11 bytes taken, 6 still there: the first 5 have left
		stageOf(t, &second, StageHandedOver, nil)
		conn.drop(CloseInfo{Code: CodeAbnormalClosure})
		synctest.Wait()
		stageOf(t, &first, StageFlushed, nil)
		stageOf(t, &second, StageUncertain, ErrUncertain)
		if second.Cancel() {
			t.Error("a message that was handed over was canceled")
		}
	})
}

func TestAResumableConnectionAcknowledges(t *testing.T) {
	tr := receiptTracker{keeps: true}
	var r [3]Receipt
	for i := range r {
		r[i].accept(nil)
		tr.handedOver(&r[i], 10)
	}
	tr.progress(10)
	stageOf(t, &r[1], StageFlushed, nil)
	stageOf(t, &r[2], StageHandedOver, nil)
	tr.acknowledged(2)
	stageOf(t, &r[0], StageAcknowledged, nil)
	tr.ended() // it will be sent again
	stageOf(t, &r[2], StageHandedOver, nil)
	tr.acknowledged(1)
	stageOf(t, &r[1], StageAcknowledged, nil)
	tr.finished()
	stageOf(t, &r[1], StageAcknowledged, nil)
	stageOf(t, &r[2], StageUncertain, ErrUncertain)
}

func TestAReceiptFollowsOneMessage(t *testing.T) {
	bubble(t, outside(), nil, func(t *testing.T, c *Client[string, string]) {
		var r Receipt
		_ = c.TrySend("a", Track(&r))
		if _, panicked := recovered(func() { _ = c.TrySend("b", Track(&r)) }); !panicked {
			t.Error("a receipt was used twice")
		}
	})
}

// TestSendingWithoutOptionsAllocatesNothingForThem: a program that does not use them does not pay.
func TestSendingWithoutOptionsAllocatesNothingForThem(t *testing.T) {
	c, err := New("ws://test", codec.Bytes(), WithOutbox(Limits{}, OverflowDropOldest))
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 0)
	for range defaultOutbox.Messages {
		_ = c.TrySend(data)
	}
	if n := testing.AllocsPerRun(1000, func() { _ = c.TrySend(data) }); n >= 1 {
		t.Errorf("%v allocations for each message", n)
	}
}

// These tests prove that the shell does what the machine says, against a transport made of memory and under a clock of
// its own: hours take milliseconds, and every bubble ends only when all its goroutines have.
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

func TestHoursOfOutage(t *testing.T) {
	n := &fakeNet{refuse: true}
	bubble(t, n, nil, func(t *testing.T, c *Client[string, string]) {
		pass(6 * time.Hour)
		if len(n.dials) < 6*60*2 || len(n.dials) > 6*60*8 {
			t.Errorf("%d attempts in six hours with a window of 30 s", len(n.dials))
		}
		for i := 1; i < len(n.dials); i++ {
			if gap := n.dials[i].Sub(n.dials[i-1]); gap > 31*time.Second {
				t.Errorf("attempt %d came after %v", i+1, gap)
			}
		}
		n.mu.Lock()
		n.refuse = false
		n.mu.Unlock()
		if err := c.Open(context.Background()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if lost := time.Since(n.dials[len(n.dials)-1]); lost > time.Second {
			t.Errorf("Open returned %v after the attempt", lost)
		}
	})
}

func TestEveryAttemptEndsInTime(t *testing.T) {
	n := &fakeNet{mute: true}
	bubble(t, n, []Option{WithConnectTimeout(10 * time.Second), WithBackoff(Backoff{Base: time.Second, Max: time.Second})},
		func(t *testing.T, _ *Client[string, string]) {
			pass(10 * time.Minute)
			if len(n.dials) < 54 || len(n.dials) > 60 {
				t.Errorf("%d attempts in ten minutes", len(n.dials))
			}
		})
}

// P6: while the transport is full nothing runs, however long that lasts; what waits goes on when there is room.
func TestNothingRunsWhileTheTransportIsFull(t *testing.T) {
	n := &fakeNet{}
	opts := []Option{WithSendBuffer(100), WithOutbox(Limits{Messages: 1}, OverflowBlock)}
	bubble(t, n, opts, func(t *testing.T, c *Client[string, string]) {
		conn := n.last()
		conn.hold(100)
		_ = c.TrySend("")  // is taken, and fills it
		_ = c.TrySend("a") // waits in the outbox
		sent := make(chan error, 1)
		go func() { sent <- c.Send(context.Background(), "b") }()
		synctest.Wait()
		conn.asked = 0
		pass(24 * time.Hour)
		if conn.asked > 0 || len(conn.got) > 1 || len(sent) > 0 {
			t.Errorf("in a day the transport was asked %d times, took %q, and Send returned %d times", conn.asked, conn.got, len(sent))
		}
		conn.hold(51) // above the mark
		synctest.Wait()
		if len(conn.got) > 1 {
			t.Errorf("%q were sent above the mark", conn.got)
		}
		conn.hold(50)
		if err := await.Receive(t, sent); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if got := strings.Join(conn.got, ""); got != "ab" {
			t.Errorf("got %q", got)
		}
	})
}

// P2: the connection stops taking messages in the middle of a flush, then ends.
func TestTheOutboxSurvivesAConnectionThatDiesInAFlush(t *testing.T) {
	n := &fakeNet{stuck: true}
	bubble(t, n, nil, func(t *testing.T, c *Client[string, string]) {
		for _, s := range []string{"a", "b", "c", "d"} {
			if err := c.TrySend(s); err != nil {
				t.Fatal(err)
			}
		}
		first := n.last()
		n.mu.Lock()
		n.stuck = false
		n.mu.Unlock()
		first.drop(CloseInfo{Code: CodeAbnormalClosure})
		pass(time.Minute)
		got := slices.Concat(first.got, n.last().got)
		if strings.Join(got, "") != "abcd" || len(first.got) != 1 {
			t.Errorf("first connection %v, second %v", first.got, n.last().got)
		}
	})
}

// P3: what the platform still held when the connection went is reported.
func TestAnUnflushedTailIsReported(t *testing.T) {
	n := &fakeNet{}
	bubble(t, n, nil, func(t *testing.T, c *Client[string, string]) {
		var lost Lost
		On(c, func(e Lost) { lost = e })
		n.last().held = 77
		n.last().drop(CloseInfo{Code: CodeAbnormalClosure})
		synctest.Wait()
		if lost.Unflushed != 77 || lost.Code != CodeAbnormalClosure {
			t.Errorf("%+v", lost)
		}
	})
}

// P5: an abandoned transport goes on talking.
func TestAnOldTransportIsIgnored(t *testing.T) {
	n := &fakeNet{}
	bubble(t, n, nil, func(t *testing.T, c *Client[string, string]) {
		old := n.last()
		c.Reconnect(nil)
		pass(time.Second)
		old.say("ghost")
		old.sink.closed(old.gen, CloseInfo{Code: 4001})
		n.last().say("real")
		for text := range c.Messages(context.Background()) {
			if text != "real" {
				t.Errorf("received %q", text)
			}
			break
		}
		if c.State() != StateOpen {
			t.Error(c.State())
		}
	})
}

func TestSendWaitsForRoomAndTrySendDoesNot(t *testing.T) {
	n := &fakeNet{mute: true}
	bubble(t, n, []Option{WithOutbox(Limits{Messages: 2}, OverflowBlock), WithConnectTimeout(time.Minute), WithBackoff(Backoff{Base: 1, Max: 1})},
		func(t *testing.T, c *Client[string, string]) {
			c.TrySend("a")
			c.TrySend("b")
			if err := c.TrySend("c"); !errors.Is(err, ErrQueueFull) {
				t.Error("TrySend:", err)
			}
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			if err := c.Send(ctx, "c"); !errors.Is(err, context.DeadlineExceeded) {
				t.Error("Send:", err)
			}
			n.mu.Lock()
			n.mute = false
			n.mu.Unlock()
			if err := c.Send(context.Background(), "c"); err != nil {
				t.Error("Send:", err)
			}
			if got := strings.Join(n.last().got, ""); got != "abc" {
				t.Error(got)
			}
		})
}

func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &fakeNet{}
		c, _ := New("ws://test", codec.String(), func(o *options) error { o.dialer = n; return nil })
		why := errors.New("the program ends")
		ctx, cancel := context.WithCancelCause(context.Background())
		time.AfterFunc(time.Minute, func() { cancel(why) })
		if err := c.Run(ctx); !errors.Is(err, why) {
			t.Error(err)
		}
		if closes := n.last().closes; len(closes) != 1 || closes[0] != CodeNormalClosure {
			t.Errorf("the server got %v", closes)
		}
		if err := c.Run(ctx); !errors.Is(err, why) {
			t.Error("a second Run returned", err)
		}
		if err := c.Open(context.Background()); !errors.Is(err, why) {
			t.Error("Open returned", err)
		}
	})
}

func TestAClientThatWasNeverRunCanBeClosed(t *testing.T) {
	c, _ := New("ws://test", codec.String())
	c.TrySend("x")
	c.Close()
	c.Close()
	if err := c.Run(context.Background()); err != nil || c.State() != StateClosed {
		t.Error(err, c.State())
	}
	for range c.Messages(context.Background()) {
		t.Error("a message")
	}
	if err := c.TrySend("y"); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestWhatIsLeftAtTheEndIsReported(t *testing.T) {
	n := &fakeNet{refuse: true}
	bubble(t, n, nil, func(t *testing.T, c *Client[string, string]) {
		var gone Dropped
		On(c, func(e Dropped) { gone = e })
		c.TrySend("four")
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		if err := c.Shutdown(ctx, CodeNormalClosure, ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		synctest.Wait()
		if gone.Inbound || gone.Messages != 1 || gone.Bytes != 4 {
			t.Errorf("%+v", gone)
		}
	})
}

// P17: a listener that panics, blocks or changes the list in the middle harms no other.
func TestListenersAreIsolated(t *testing.T) {
	n := &fakeNet{}
	bubble(t, n, nil, func(t *testing.T, c *Client[string, string]) {
		var order []string
		var panicked any
		On(c, func(e Panicked) { panicked = e.Value })
		On(c, func(Lost) { panic("boom") })
		var cancel func()
		cancel = On(c, func(Lost) { order = append(order, "once"); cancel() })
		On(c, func(Lost) { order = append(order, "blocks"); time.Sleep(10 * time.Minute) })
		On(c, func(e Event) {
			if _, ok := e.(Lost); ok {
				order = append(order, "all")
			}
		})
		for range 2 {
			n.last().drop(CloseInfo{Code: CodeAbnormalClosure})
			pass(time.Minute)
			if err := c.Open(context.Background()); err != nil {
				t.Fatal("the client waited for a listener:", err)
			}
		}
		pass(3 * time.Hour)
		if got := strings.Join(order, " "); got != "once blocks all blocks all" || panicked != "boom" {
			t.Errorf("received %q, panicked %v", got, panicked)
		}
	})
}

func TestTheEndpointIsAskedForEachAttempt(t *testing.T) {
	n := &fakeNet{}
	var asked []Attempt
	endpoint := func(ctx context.Context, a Attempt) (Target, error) {
		asked = append(asked, a)
		switch len(asked) {
		case 1:
			return Target{}, RetryAfter(time.Hour, errors.New("busy"))
		case 2:
			panic("bug")
		case 3:
			<-ctx.Done() // never answers
			return Target{}, ctx.Err()
		case 4:
			return Target{}, nil
		}
		return Target{}, Permanent(errors.New("revoked"))
	}
	bubble(t, n, []Option{WithEndpoint(endpoint)}, func(t *testing.T, c *Client[string, string]) {
		begin := time.Now()
		if err := c.Open(context.Background()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took < time.Hour || took > 2*time.Hour {
			t.Errorf("open after %v", took)
		}
		n.last().drop(CloseInfo{Code: CodeAbnormalClosure})
		<-c.shell.done
		if stop, ok := errors.AsType[*StopError](c.Run(context.Background())); !ok || !strings.Contains(stop.Error(), "revoked") {
			t.Error(stop)
		}
		if len(asked) != 5 || asked[1].Cause == nil || asked[3].Number != 4 {
			t.Errorf("%+v", asked)
		}
	})
}

func TestAPolicyThatPanicsIsReplaced(t *testing.T) {
	n := &fakeNet{}
	bubble(t, n, []Option{WithDecide(func(CloseInfo) Decision { panic("bug") })}, func(t *testing.T, c *Client[string, string]) {
		n.last().drop(CloseInfo{Code: CodeAbnormalClosure})
		pass(time.Minute)
		if c.State() != StateOpen {
			t.Error(c.State())
		}
	})
}

// A browser cannot be held back: a full inbox ends the connection, and says so.
func TestAFullInboxGivesTheConnectionUp(t *testing.T) {
	n := &fakeNet{}
	bubble(t, n, []Option{WithInbox(Limits{Messages: 3})}, func(t *testing.T, c *Client[string, string]) {
		var reported []string
		On(c, func(e Dropped) { reported = append(reported, e.Cause.Error()) })
		On(c, func(e Lost) { reported = append(reported, e.Err.Error()) })
		n.last().say("a", "b", "c", "d", "e")
		pass(time.Minute)
		if got := strings.Join(reported, "; "); got != "tether: inbox is full; tether: inbox is full" {
			t.Error(got)
		}
		var read string
		for s := range c.Messages(context.Background()) {
			if read += s; len(read) == 3 {
				break
			}
		}
		n.last().say("f")
		for s := range c.Messages(context.Background()) {
			read += s
			break
		}
		if read != "abcf" {
			t.Errorf("read %q", read)
		}
	})
}

func TestADecodeErrorIsYieldedAndTheNextMessageFollows(t *testing.T) {
	n := &fakeNet{}
	bubble(t, n, nil, func(t *testing.T, c *Client[string, string]) {
		n.last().sink.received(n.last().gen, codec.Binary, []byte{'o', 'k', 0xFF})
		n.last().say("next")
		var story []string
		for s, err := range c.Messages(context.Background()) {
			if err != nil {
				story = append(story, err.Error())
				continue
			}
			story = append(story, s)
			break
		}
		if len(story) != 2 || !strings.Contains(story[0], "byte 2") || story[1] != "next" {
			t.Error(story)
		}
	})
}

func TestMessagesEndWithTheirContext(t *testing.T) {
	n := &fakeNet{}
	bubble(t, n, nil, func(t *testing.T, c *Client[string, string]) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		var last error
		for _, err := range c.Messages(ctx) {
			last = err
		}
		if !errors.Is(last, context.DeadlineExceeded) {
			t.Error(last)
		}
		for range c.Events(ctx) { // what waits is still yielded
		}
	})
}

// TestReadingEndsWithItsContext also while messages wait, and takes none of them.
func TestReadingEndsWithItsContext(t *testing.T) {
	n := &fakeNet{}
	bubble(t, n, nil, func(t *testing.T, c *Client[string, string]) {
		n.last().say("a", "b", "c")
		synctest.Wait()
		ctx, cancel := context.WithCancelCause(context.Background())
		defer cancel(nil)
		why := errors.New("enough")
		var got []string
		for m, err := range c.Messages(ctx) {
			if err != nil {
				got = append(got, err.Error())
				break
			}
			got = append(got, m)
			cancel(why)
		}
		for range c.Events(ctx) {
			t.Error("an event after the end")
		}
		if strings.Join(got, " ") != "a enough" || c.Stats().Inbox.Messages != 2 {
			t.Errorf("read %q, %d wait", got, c.Stats().Inbox.Messages)
		}
	})
}

// TestReconnectNeverUndoesPause: neither while the closing handshake of the pause is under way nor later; Resume does.
func TestReconnectNeverUndoesPause(t *testing.T) {
	n := &fakeNet{}
	bubble(t, n, nil, func(t *testing.T, c *Client[string, string]) {
		c.Pause()
		c.Reconnect(nil)
		pass(time.Minute)
		c.Reconnect(nil)
		pass(time.Minute)
		if c.State() != StatePaused || len(n.dials) != 1 {
			t.Errorf("%v after %d attempts", c.State(), len(n.dials))
		}
		c.Resume()
		pass(time.Second)
		c.Pause()
		c.Reconnect(nil)
		c.Resume() // in the middle of the closing handshake
		pass(time.Second)
		if c.State() != StateOpen {
			t.Error("after Resume:", c.State())
		}
	})
}

// These tests prove promises of the documentation that are easily broken: each says which.
package tether

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
	"github.com/tetherscope/tetherscope/wasm/message"
)

// On: listeners that fall behind learn how many events were left out, and the change to Closed is never one of them.
func TestListenersThatFallBehindAreToldHowFar(t *testing.T) {
	var l listeners
	d := newDispatcher(&l)
	var seen []Event
	l.add(func(e Event) bool { seen = append(seen, e); return true })
	d.push(StateChanged{New: StateOpen})
	d.push(StateChanged{New: StateClosed})
	for range maxNotices + 9 {
		d.push(Dropped{})
	}
	d.close()
	d.run()
	first, ok := seen[0].(Skipped)
	if end, isState := seen[1].(StateChanged); !ok || !isState || first.Events != 11 || end.New != StateClosed || len(seen) != 1+maxNotices {
		t.Errorf("%d events, the first are %v and %v", len(seen), seen[0], seen[1])
	}
}

// Target: its headers add to those of WithHeader.
func TestHeadersOfAnEndpointAddToTheOthers(t *testing.T) {
	base := map[string][]string{"User-Agent": {"x"}, "Authorization": {"old"}}
	got := addHeader(base, map[string][]string{"authorization": {"new"}, "X-Own": {"1"}})
	if len(got) != 3 || got["authorization"][0] != "new" || got["User-Agent"][0] != "x" || got["X-Own"][0] != "1" || base["Authorization"][0] != "old" {
		t.Error(got)
	}
	if got := addHeader(base, nil); len(got) != 2 {
		t.Error(got)
	}
}

// Explain: Next is when the attempt is planned now, not when it was planned first.
func TestExplainKnowsThePlanAfterAHint(t *testing.T) {
	n := &fakeNet{refuse: true}
	p := &fakePage{}
	slow := WithBackoff(Backoff{Base: time.Hour, Max: time.Hour})
	bubble(t, n, []Option{slow, WithPage(Page{}), func(o *options) error {
		o.platform, o.random = p, func() float64 { return 0.9 } // of an hour
		return nil
	}}, func(t *testing.T, c *Client[string, string]) {
		pass(time.Minute)
		if c.State() != StateWaiting {
			t.Fatal("no attempt is planned:", c.State())
		}
		p.hint(engine.HintOnline)
		synctest.Wait()
		if in := time.Until(c.Explain().Next); in < 0 || in > engine.HurryWithin {
			t.Errorf("the next attempt is said to be in %v", in)
		}
	})
}

// fakePage is a platform whose hints come from the test.
type fakePage struct{ hint func(engine.Hint) }

func (p *fakePage) listen(hint func(engine.Hint)) (stop func()) {
	p.hint = hint
	return func() {}
}

// StateChanged: the cause is that of this change.
func TestTheCauseOfAClosingHandshakeIsItsOwn(t *testing.T) {
	n := &fakeNet{onClose: func(*fakeConn) {}}
	bubble(t, n, []Option{WithInbox(Limits{Messages: 1}, InboxOverflowClose)}, func(t *testing.T, c *Client[string, string]) {
		causes := make(chan error, 10)
		On(c, func(e StateChanged) {
			if e.New == StateClosing {
				causes <- e.Cause
			}
		})
		n.last().say("1", "2")
		if err := await.Receive(t, causes); !errors.Is(err, ErrInboxFull) {
			t.Error(err)
		}
		c.Reconnect(nil)
		pass(10 * time.Millisecond)
		c.Close()
		if err := await.Receive(t, causes); err != nil {
			t.Error(err)
		}
	})
}

// No error says a URL's query, or who logs in.
func TestErrorsKeepSecretsOfURLs(t *testing.T) {
	for _, url := range []string{"ws s://user:SECRET@h/p?token=SECRET", "ftp://h/?token=SECRET", "wss://h/?token=SECRET#x", "wss://h/ ?SECRET"} {
		_, err := New(url, codec.Raw())
		if err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// No error says the text of a subprotocol: those of browsers carry tokens.
func TestErrorsKeepSecretsOfSubprotocols(t *testing.T) {
	for want, names := range map[string][]string{
		"name 2 is not a token: it contains \" \"": {"chat", "bearer SECRET"},
		"name 2 is offered twice":                  {"SECRET", "SECRET"},
		"name 1 is empty":                          {""},
	} {
		_, err := New("ws://h/", codec.Raw(), WithSubprotocols(names...))
		if err == nil || !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%q: %v, want %s", names, err, want)
		}
	}
}

// Send: a context that was over before is an error, also while there is room.
func TestSendWithAContextThatIsOver(t *testing.T) {
	c, err := New("ws://h/", codec.String())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("why")
	cancel(why)
	var r Receipt
	err = c.Send(ctx, "x", Track(&r))
	stage, reason := r.Stage()
	if !errors.Is(err, why) || stage != StageDiscarded || !errors.Is(reason, why) || c.Stats().Outbox.Messages != 0 {
		t.Errorf("%v; %v, %v; %+v", err, stage, reason, c.Stats().Outbox)
	}
}

// A policy spreads what a server asks of all its clients at once.
func TestWhatAServerAsksForIsSpread(t *testing.T) {
	for name, d := range map[string]Decision{
		"hint":        DefaultDecide(CloseInfo{Code: CodeServiceRestart, Reason: `{"retry":60000}`}),
		"Retry-After": DefaultDecide(CloseInfo{Err: &HandshakeError{Status: 503, RetryAfter: time.Minute}}),
	} {
		if d.After != time.Minute || d.Spread != 15*time.Second {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// Panicked: an option function that panics is reported, on the goroutine of the listeners.
func TestAPanicOfAnEndpointIsReported(t *testing.T) {
	n := &fakeNet{}
	synctest.Test(t, func(t *testing.T) {
		c, err := New("ws://test", codec.String(), WithEndpoint(func(context.Context, Attempt) (Target, error) { panic("boom") }),
			WithBackoff(Backoff{MaxAttempts: 1}), func(o *options) error { o.dialer = n; return nil })
		if err != nil {
			t.Fatal(err)
		}
		values := make(chan any, 1)
		On(c, func(e Panicked) { values <- e.Value })
		if err := c.Run(t.Context()); !errors.Is(err, errEndpointPanicked) {
			t.Error(err)
		}
		if v := await.Receive(t, values); v != "boom" {
			t.Error(v)
		}
	})
}

// Panicked: a panic that no listener wants is unhandled, and so is printed.
func TestAPanicIsNeverSilent(t *testing.T) {
	var l listeners
	wanted := []string{}
	l.add(func(e Event) bool {
		if _, ok := e.(Opened); ok {
			panic("boom")
		}
		return false
	})
	l.add(func(Event) bool { return false })
	printed := print1
	defer func() { print1 = printed }()
	print1 = func(text string) { wanted = append(wanted, text) }
	emit(&l, Opened{})
	if got := strings.Join(wanted, ""); !strings.Contains(got, "boom") {
		t.Errorf("printed %q", got)
	}
	wanted = nil
	l.add(func(e Event) bool { _, ok := e.(Panicked); return ok })
	if emit(&l, Opened{}); len(wanted) > 0 {
		t.Errorf("printed %q beside the listener", wanted)
	}
}

// emit passes one event to listeners.
func emit(l *listeners, e Event) {
	m := emitter{to: l}
	m.begin(e)
	m.run()
}

// On: what panics in a function of the router is reported where all events are, in their order, after a listener that blocks.
func TestThePanicOfARouterWaitsForTheListeners(t *testing.T) {
	n := &fakeNet{}
	typedBubble(t, n, func(t *testing.T, c *Typed) {
		proceed := make(chan struct{})
		var values []any
		On(c, func(Unhandled) { await.Closed(t, proceed) })
		On(c, func(e Panicked) { values = append(values, e.Value) })
		message.On(c.Router(), numbers, func(number) { panic("boom") })
		n.last().say(`{"type":"other"}`, `{"type":"number","N":1}`)
		synctest.Wait()
		if len(values) > 0 {
			t.Errorf("%v was reported on another goroutine", values)
		}
		close(proceed)
		synctest.Wait()
		if len(values) != 1 || values[0] != "boom" {
			t.Errorf("panicked: %v", values)
		}
	})
}

// On: the goroutine of the listeners is there only while events wait, and another one takes what comes after an end of it.
func TestListenersAtRestHaveNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l listeners
		var group sync.WaitGroup
		d, seen := newDispatcher(&l), 0
		l.add(func(Event) bool { seen++; return true })
		d.push(Opened{}) // before Run: it waits
		d.open(&group)
		group.Wait()
		d.push(Opened{})
		d.push(Opened{})
		group.Wait()
		if seen != 3 {
			t.Errorf("%d events, want 3", seen)
		}
		d.close()
		d.push(Opened{})
		if group.Wait(); seen != 3 {
			t.Errorf("%d events, want none after the end", seen-3)
		}
	})
}

// Explain: no more than 64 steps are kept, and fewer take less memory.
func TestTheHistoryGrowsWithUse(t *testing.T) {
	var h history
	h.note(StateChanged{New: StateConnecting})
	if cap(h.steps) > 4 {
		t.Errorf("room for %d steps after one", cap(h.steps))
	}
	for range 2 * maxSteps {
		h.note(StateChanged{New: StateWaiting})
		h.note(Retrying{Attempt: 7})
	}
	if len(h.steps) != maxSteps || h.last().Attempt != 7 {
		t.Errorf("%d steps, the last is %+v", len(h.steps), h.last())
	}
}

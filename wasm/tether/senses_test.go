// These tests prove that the shell gives the machine's monitors what they need: the clock, the page's hints, timers that
// are late, and the user's functions, under a clock of their own.
package tether

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// pongs answers pings as a server does.
func pongs(c *fakeConn, p string) {
	if answer := strings.Replace(p, `"ping"`, `"pong"`, 1); answer != p {
		c.say(answer)
	}
}

func (n *fakeNet) setDeaf(deaf bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.deaf = deaf
}

// TestEveryBlackHoleIsNoticedInTime: however the moment falls between two pings.
func TestEveryBlackHoleIsNoticedInTime(t *testing.T) {
	const interval, timeout = 25 * time.Second, 10 * time.Second
	for at := time.Duration(0); at < interval+timeout; at += 777 * time.Millisecond {
		n := &fakeNet{reply: pongs, delay: 100 * time.Millisecond}
		bubble(t, n, []Option{WithHeartbeat(Heartbeat{Interval: interval, Timeout: timeout})}, func(t *testing.T, c *Client[string, string]) {
			var lost Lost
			var when time.Time
			On(c, func(e Lost) { lost, when = e, time.Now() })
			pass(time.Minute + at)
			begin := time.Now()
			n.setDeaf(true)
			pass(interval + timeout + time.Second)
			if took := when.Sub(begin); !errors.Is(lost.Err, ErrHeartbeat) || took > interval+timeout+time.Second {
				t.Errorf("a black hole %v after the minute: noticed after %v: %+v", at, took, lost)
			}
			n.setDeaf(false)
			if st := c.Stats(); st.Pongs == 0 || st.RTT != 100*time.Millisecond || st.MinRTT != st.RTT || st.Pings < st.Pongs {
				t.Errorf("%+v", st)
			}
		})
	}
}

// A quiet connection that answers lives on, and its pongs are not for the reader.
func TestAnAnsweringServerIsNeverGivenUp(t *testing.T) {
	n := &fakeNet{reply: pongs, delay: 9 * time.Second}
	bubble(t, n, []Option{WithHeartbeat(Heartbeat{})}, func(t *testing.T, c *Client[string, string]) {
		var beats int
		On(c, func(PongReceived) { beats++ })
		pass(24 * time.Hour)
		if st := c.Stats(); st.Opens != 1 || st.Inbox.Messages != 0 || st.Received != 0 {
			t.Errorf("%+v", st)
		}
		if want := int(24 * time.Hour / defaultInterval); beats < want-1 || beats > want {
			t.Errorf("%d pongs in a day, want %d", beats, want)
		}
	})
}

// P26, over the whole path: a proxy that echoes what it cannot deliver.
func TestAnEchoingProxyDoesNotHideADeadServer(t *testing.T) {
	n := &fakeNet{reply: func(c *fakeConn, p string) { c.say(p) }}
	bubble(t, n, []Option{WithHeartbeat(Heartbeat{})}, func(t *testing.T, c *Client[string, string]) {
		pass(time.Minute)
		if st := c.Stats(); st.Opens != 2 || st.Received != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestAHeartbeatFunctionThatPanicsHarmsNothingElse(t *testing.T) {
	n := &fakeNet{}
	bad := Heartbeat{
		Ping: func(uint32) codec.Message { panic("ping") },
		Pong: func(codec.Message) (uint32, bool) { panic("pong") },
	}
	bubble(t, n, []Option{WithHeartbeat(bad)}, func(t *testing.T, c *Client[string, string]) {
		var panics []string
		On(c, func(e Panicked) { panics = append(panics, e.Value.(string)) })
		pass(30 * time.Second)
		n.last().say("hello")
		pass(time.Second)
		if c.Stats().Received != 1 || strings.Join(panics, " ") != "ping pong" {
			t.Errorf("%+v, panicked: %v", c.Stats(), panics)
		}
	})
}

// fakePlatform is a page whose life is the test's.
type fakePlatform struct {
	report  func(engine.Hint)
	stopped bool
}

func (e *fakePlatform) listen(report func(engine.Hint)) (stop func()) {
	e.report = report
	return func() { e.stopped = true }
}

func withFakePage(p Page, e *fakePlatform) Option {
	return func(o *options) error {
		err := WithPage(p)(o)
		o.platform = e
		return err
	}
}

func TestAPageInTheBackForwardCacheHasNoConnection(t *testing.T) {
	n, e := &fakeNet{}, &fakePlatform{}
	bubble(t, n, []Option{withFakePage(Page{}, e)}, func(t *testing.T, c *Client[string, string]) {
		var lost error
		On(c, func(e Lost) { lost = e.Err })
		e.report(engine.HintPageHide)
		pass(time.Hour)
		if n.live != 0 || len(n.dials) != 1 || c.State() != StateWaiting || !errors.Is(lost, ErrPageCached) {
			t.Errorf("%d connections, %d attempts, %v, lost by %v", n.live, len(n.dials), c.State(), lost)
		}
		e.report(engine.HintPageShow)
		pass(10 * time.Millisecond)
		if c.State() != StateOpen {
			t.Error("back, and", c.State())
		}
	})
	if !e.stopped {
		t.Error("the page is still listened to")
	}
}

func TestAHiddenPageStaysQuiet(t *testing.T) {
	n, e := &fakeNet{}, &fakePlatform{}
	bubble(t, n, []Option{withFakePage(Page{Hidden: WhenHiddenClose}, e)}, func(t *testing.T, c *Client[string, string]) {
		e.report(engine.HintHidden)
		pass(4 * time.Minute)
		if c.State() != StateOpen {
			t.Error("closed too early")
		}
		pass(24 * time.Hour)
		if n.live != 0 || len(n.dials) != 1 {
			t.Errorf("%d connections, %d attempts while hidden", n.live, len(n.dials))
		}
		if got := n.conns[0].closes; len(got) != 1 || got[0] != CodeNormalClosure {
			t.Errorf("closed with %v", got)
		}
		e.report(engine.HintVisible)
		pass(engine.HurryWithin + 10*time.Millisecond)
		if c.State() != StateOpen {
			t.Error("seen, and", c.State())
		}
	})
}

// lateAlarms are the timers of a hidden page: they fire on the minute only.
type lateAlarms struct {
	mu     sync.Mutex
	hidden bool
	closed bool
}

func (a *lateAlarms) after(d time.Duration, f func()) stopper {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.hidden {
		d = (d + time.Minute - 1).Truncate(time.Minute)
	}
	return time.AfterFunc(d, f)
}

func (a *lateAlarms) close() { a.closed = true }

// P6, over the whole path: timers on the minute lead to no false death, and a true one is still found.
func TestThrottledTimersGiveNoFalseDeathAndNoEndlessDelay(t *testing.T) {
	n, a := &fakeNet{reply: pongs, delay: time.Second}, &lateAlarms{hidden: true}
	bubble(t, n, []Option{
		WithHeartbeat(Heartbeat{}),
		func(o *options) error { o.alarms = a; return nil },
	}, func(t *testing.T, c *Client[string, string]) {
		pass(6 * time.Hour)
		if st := c.Stats(); st.Opens != 1 {
			t.Errorf("a living connection was given up: %+v", st)
		}
		n.setDeaf(true)
		pass(4 * time.Minute)
		if st := c.Stats(); st.Opens < 2 {
			t.Errorf("a dead connection is still held: %+v", st)
		}
	})
	if !a.closed {
		t.Error("the timers were not given back")
	}
}

// fakeExaminer finds what the test wants.
type fakeExaminer struct {
	finding Diagnosis
	asked   int
}

func (d *fakeExaminer) examine(_ string, _ CloseInfo, found func(*Diagnosis)) (stop func()) {
	d.asked++
	timer := time.AfterFunc(100*time.Millisecond, func() { found(&d.finding) })
	return func() { timer.Stop() }
}

func TestRepeatedFailuresAreExamined(t *testing.T) {
	n := &fakeNet{refuse: true}
	d := &fakeExaminer{finding: Diagnosis{Verdict: VerdictDenied, Status: 401, Handshake: true}}
	synctest.Test(t, func(t *testing.T) {
		c, err := New("ws://test", codec.String(), WithDiagnosis(3), func(o *options) error { o.dialer, o.examiner = n, d; return nil })
		if err != nil {
			t.Fatal(err)
		}
		var diagnosed Diagnosed
		On(c, func(e Diagnosed) { diagnosed = e })
		err = c.Run(t.Context())
		verdict, ok := errors.AsType[*Diagnosis](err)
		if !ok || verdict.Status != 401 || diagnosed.Verdict != VerdictDenied || d.asked != 1 || len(n.dials) > 5 {
			t.Errorf("Run: %v, reported %+v, %d examinations, %d attempts", err, diagnosed, d.asked, len(n.dials))
		}
	})
}

// TestAnOrdinaryRequestNeverStops: many servers answer a GET with 404 and take WebSockets at the same place.
func TestAnOrdinaryRequestNeverStops(t *testing.T) {
	for _, finding := range []Diagnosis{{Verdict: VerdictNotFound, Status: 404}, {Verdict: VerdictDenied, Status: 401}, {Verdict: VerdictDenied, Status: 403}} {
		n := &fakeNet{refuse: true}
		d := &fakeExaminer{finding: finding}
		examined := func(o *options) error {
			o.examiner, o.config.Diagnoser = d, engine.NewDiagnoser(1)
			return nil
		}
		bubble(t, n, []Option{examined}, func(t *testing.T, c *Client[string, string]) {
			pass(time.Minute)
			n.mu.Lock()
			n.refuse = false
			n.mu.Unlock()
			pass(time.Minute)
			if c.State() != StateOpen || d.asked == 0 {
				t.Errorf("%v: %v after %d examinations", finding, c.State(), d.asked)
			}
		})
	}
}

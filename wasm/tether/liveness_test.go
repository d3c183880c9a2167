// These tests prove what a client makes of silence, sleep and hints: in conversations with a clock, and in random lives
// in which everything that can happen to a page happens in any order.
package tether

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// senses is a life with everything switched on.
func senses(t *testing.T, hidden WhenHidden) *life {
	l := newLife(t)
	l.plan.pulse = &heartbeat{Heartbeat: Heartbeat{Interval: 25 * time.Second, Timeout: 10 * time.Second}}
	l.plan.watch = &page{Page: Page{Hidden: hidden, CloseAfter: time.Minute}}
	l.plan.doctor = &diagnosis{every: 3}
	return l
}

// moment is one exchange of a conversation at a time, in seconds since the beginning.
type moment struct {
	at   float64
	in   event
	want string
}

func hinted(h hint) event { return event{kind: evHint, hint: h, random: 0.5} }

func pong(nonce uint32) event {
	return event{kind: evReceived, answer: answerPong, nonce: nonce, random: 0.5}
}

func timedOut() event { return just(evBeatTimer) }

// The nonce that a random number of 0.5 makes.
const half = 1 + (1<<32-1)/2

func TestLivenessConversations(t *testing.T) {
	open := []moment{
		{0, just(evRun), "Connecting, connect in 15s, ask where for attempt 1"},
		{0, just(evResolved), "dial"},
		{0, just(evOpened), "no connect, Open, opened by attempt 1, uptime in 5s, beat in 25s, flush"},
		{5, just(evUptimeTimer), ""},
	}
	const died = "no beat, lost 1006, Waiting, retry in 500ms, attempt 2 in 500ms"
	const dead = "abandon, lost 1006, Waiting, retry in 500ms, attempt 2 in 500ms" // P4: without waiting for its close event
	for _, test := range []struct {
		name   string
		hidden WhenHidden
		lines  []moment
	}{
		{"a ping and its pong", KeepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{25.1, pong(half), "pong after 100ms, beat in 24.9s"},
			{50, timedOut(), "ping, beat in 10s"},
		}},
		{"a black hole is noticed at interval + timeout", KeepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{35, timedOut(), dead},
		}},
		{"any message is a sign of life", KeepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{34.9, just(evReceived), "beat in 15.1s, deliver"},
			{50, timedOut(), "ping, beat in 10s"},
			{60, timedOut(), dead},
		}},
		{"P26: neither our own echo nor an old pong is a sign of life", KeepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{26, event{kind: evReceived, answer: answerEcho}, ""},
			{27, pong(7), ""},
			{35, timedOut(), dead},
		}},
		{"a pong without a nonce answers the ping", KeepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{25.2, pong(0), "pong after 200ms, beat in 24.8s"},
			{26, pong(0), ""},
		}},
		{"a control frame is a sign of life, where the platform tells", KeepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{26, just(evAlive), "beat in 24s"},
		}},
		{"a connection on which we are not heard any more is dead", KeepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{25, pong(half), "pong after 0s, beat in 25s"},
			{50, timedOut(), "ping, beat in 10s"},
			{51, just(evReceived), "beat in 24s, deliver"},
			{75, timedOut(), "ping, beat in 10s"},
			{76, just(evReceived), "beat in 24s, deliver"},
			{100, timedOut(), "ping, beat in 10s"},
			{101, just(evReceived), "beat in 24s, deliver"},
			{125, timedOut(), dead},
		}},
		{"P6: a timer that fires late asks once more before it decides", KeepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{3600, timedOut(), "ping, beat in 10s"},
			{3600.1, just(evReceived), "beat in 24.9s, deliver"},
		}},
		{"P6: and then decides", KeepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{85, timedOut(), "ping, beat in 10s"},
			{145, timedOut(), dead},
		}},
		{"P6: a message does what a throttled timer should have done", KeepHidden, []moment{
			{27, just(evReceived), "ping, beat in 10s, deliver"},
			{27.5, pong(half), "pong after 500ms, beat in 24.5s"},
		}},
		{"what we do not read cannot be missed", KeepHidden, []moment{
			{10, just(evInboxHigh), "throttle"},
			{25, timedOut(), "beat in 25s"},
			{45, just(evInboxLow), "release"},
			{50, timedOut(), "ping, beat in 10s"},
		}},
		{"P6, P21: on waking the connection is asked, not doubted", KeepHidden, []moment{
			{20, hinted(hintVisible), "ping, beat in 10s"},
			{20.1, pong(half), "pong after 100ms, beat in 24.9s"},
			{21, hinted(hintOffline), "ping, beat in 10s"},
			{22, pong(half), "pong after 1s, beat in 24s"},
			{23, hinted(hintThaw), "ping, beat in 10s"},
			{24, hinted(hintOnline), "ping, beat in 10s"},
		}},
		{"P21: online shortens the wait, with jitter", KeepHidden, []moment{
			{10, lost(TryAgainLater), "no beat, lost 1013, Waiting, retry in 35s, attempt 2 in 35s"},
			{11, hinted(hintOnline), "retry in 9.5s, attempt 2 in 9.5s"}, // 1013 asked for ten seconds
			{19.9, hinted(hintOnline), ""},
			{20.5, just(evRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
			{20.6, hinted(hintOnline), ""},
		}},
		{"P21: online makes no attempt of a closed or paused client", KeepHidden, []moment{
			{10, just(evPause), "no beat, Closing, close with 1000, close in 5s"},
			{11, hinted(hintOnline), ""},
			{11, lost(NormalClosure), "no close, lost 1000, Paused"},
			{12, hinted(hintOnline), ""},
			{12, hinted(hintPageShow), ""},
		}},
		{"P27: a hidden page that keeps on", KeepHidden, []moment{
			{10, hinted(hintHidden), ""},
			{11, lost(AbnormalClosure), died},
			{12, just(evRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
		}},
		{"P27: a hidden page that defers", DeferHidden, []moment{
			{10, hinted(hintHidden), ""},
			{11, lost(AbnormalClosure), died},
			{11.5, just(evRetryTimer), ""},
			{3600, hinted(hintOnline), ""},
			{3700, hinted(hintVisible), "retry in 500ms, attempt 2 in 500ms"},
			{3700.5, just(evRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
		}},
		{"P27: a hidden page that closes", CloseHidden, []moment{
			{10, hinted(hintHidden), "hidden in 1m0s"},
			{30, hinted(hintVisible), "no hidden, ping, beat in 10s"},
			{31, just(evReceived), "beat in 24s, deliver"},
			{40, hinted(hintHidden), "hidden in 1m0s"},
			{100, just(evHiddenTimer), "no beat, Closing, close with 1000, close in 5s"},
			{100, lost(NormalClosure), "no close, lost 1006, Waiting, retry in 500ms, attempt 2 in 500ms"},
			{100.5, just(evRetryTimer), ""},
			{999, hinted(hintVisible), "retry in 500ms, attempt 2 in 500ms"},
		}},
		{"P27: a connection that opens while hidden stays for what is left", CloseHidden, []moment{
			{10, lost(AbnormalClosure), died},
			{10.5, just(evRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
			{11, hinted(hintHidden), ""},
			{11, just(evResolved), "dial"},
			{21, just(evOpened), "no connect, Open, opened by attempt 2, uptime in 5s, beat in 25s, hidden in 50s, flush"},
			{22, hinted(hintFreeze), "no uptime, no beat, no hidden, Closing, close with 1000, close in 5s"},
		}},
		{"P22: into the back/forward cache and out", KeepHidden, []moment{
			{10, hinted(hintPageHide), "close with 1001, abandon, no beat, lost 1006, Waiting"},
			{10, event{kind: evEnded, gen: 1, ended: &CloseInfo{}}, ""},
			{900, hinted(hintPageShow), "retry in 0s, attempt 1 in 0s"},
			{900, just(evRetryTimer), "Connecting, connect in 15s, ask where for attempt 1"},
			{901, hinted(hintPageHide), "stop asking, no connect, Waiting"},
			{902, hinted(hintPageHide), "Waiting"},
			{903, hinted(hintPageShow), "retry in 0s, attempt 1 in 0s"},
		}},
		{"a freeze alone closes nothing that is to be kept", DeferHidden, []moment{
			{10, hinted(hintFreeze), ""},
		}},
		{"attempts that fail are examined, and a verdict stops them", KeepHidden, []moment{
			{10, lost(AbnormalClosure), died},
			{11, just(evRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
			{11, just(evResolved), "dial"},
			{11, refused(), "no connect, Waiting, retry in 1s, attempt 3 in 1s"},
			{12, just(evRetryTimer), "Connecting, connect in 15s, ask where for attempt 3"},
			{12, just(evResolved), "dial"},
			{12, refused(), "no connect, Waiting, retry in 2s, attempt 4 in 2s, examine"},
			{14, just(evRetryTimer), "Connecting, connect in 15s, ask where for attempt 4"},
			{14, event{kind: evDiagnosed, finding: &Diagnosis{Verdict: Denied, Status: 403}}, "diagnosis: Denied (HTTP 403), stop asking, no connect, Closed, " +
				"finish: tether: stopped (diagnosis: Denied (HTTP 403)): cannot connect: diagnosis: Denied (HTTP 403)"},
		}},
		{"a verdict that says when makes the wait longer, and one that comes too late is not heard", KeepHidden, []moment{
			{10, lost(AbnormalClosure), died},
			{11, just(evRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
			{11, just(evResolved), "dial"},
			{11, refused(), "no connect, Waiting, retry in 1s, attempt 3 in 1s"},
			{12, just(evRetryTimer), "Connecting, connect in 15s, ask where for attempt 3"},
			{12, just(evResolved), "dial"},
			{12, refused(), "no connect, Waiting, retry in 2s, attempt 4 in 2s, examine"},
			{
				12.1,
				event{kind: evDiagnosed, random: 0.5, finding: &Diagnosis{Verdict: Failing, Status: 503, RetryAfter: time.Minute}},
				"diagnosis: Failing (HTTP 503), retry in 1m2s, attempt 4 in 1m2s",
			},
			{13, event{kind: evDiagnosed, finding: &Diagnosis{Verdict: Denied}}, ""},
			{75, just(evRetryTimer), "Connecting, connect in 15s, ask where for attempt 4"},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := senses(t, test.hidden)
			for i, line := range slices.Concat(open, test.lines) {
				line.in.now = time.Duration(line.at * float64(time.Second))
				if got := sayAll(l.happens(line.in)); got != line.want {
					t.Fatalf("line %d, at %vs: %s\n got  %s\n want %s", i+1-len(open), line.at, kindNames[line.in.kind], got, line.want)
				}
			}
		})
	}
}

func TestElapsedTimeCountsSleepAndNeverGoesBack(t *testing.T) {
	var e elapsed
	start := time.Now().UnixNano()
	for i, r := range []struct {
		mono, wall, want time.Duration
	}{
		{0, 0, 0},
		{time.Second, time.Second, time.Second},
		{2 * time.Second, time.Hour, time.Hour}, // the device slept
		{3 * time.Second, time.Hour + time.Second, time.Hour + time.Second},
		{4 * time.Second, time.Minute, time.Hour + 2*time.Second}, // the clock was set back
		{4 * time.Second, time.Minute, time.Hour + 2*time.Second},
		{5 * time.Second, 61500 * time.Millisecond, time.Hour + 3*time.Second}, // it is being slewed
	} {
		if got := e.advance(r.mono, start+int64(r.wall)); got != r.want {
			t.Errorf("reading %d: %v, want %v", i, got, r.want)
		}
	}
}

func TestPongsAreRecognised(t *testing.T) {
	for text, want := range map[string]struct {
		nonce uint32
		ok    bool
	}{
		`{"type":"pong","nonce":4294967295}`:                             {4294967295, true},
		` { "nonce" : 7 , "type" : "pong" } `:                            {0, false}, // begins with a space: no server writes that
		`{ "nonce" : 7 , "type" : "pong" }`:                              {7, true},
		`{"type":"pong","timestamp":1700000000000}`:                      {0, true},
		`{"type":"pong"}`:                                                {0, true},
		`{"type":"pong","nonce":-1}`:                                     {0, false},
		`{"type":"pong","nonce":4294967296}`:                             {0, false},
		`{"type":"pong","nonce":{}}`:                                     {0, false},
		`{"type":"ping","nonce":7}`:                                      {7, false},
		`{"type":"chat","message":"pong"}`:                               {0, false},
		`{"type":"pong","x":"` + strings.Repeat("x", longestPong) + `"}`: {0, false},
		`{`: {0, false}, `{}`: {0, false}, ``: {0, false}, `"pong"`: {0, false}, `{"type":"pong",}`: {0, false},
	} {
		nonce, ok := pongJSON(codec.Message{Type: codec.Text, Data: []byte(text)})
		if ok != want.ok || ok && nonce != want.nonce {
			t.Errorf("%s: %d, %v", text, nonce, ok)
		}
	}
	if _, ok := pongJSON(codec.Message{Type: codec.Binary, Data: []byte(`{"type":"pong"}`)}); ok {
		t.Error("a binary message is a pong")
	}
	h := &heartbeat{Heartbeat: Heartbeat{Ping: pingJSON, Pong: pongJSON}}
	ping := h.ping(9)
	if got, _ := h.classify(ping); got != answerEcho {
		t.Error("our own ping, come back, is", got)
	}
	ping.Data = []byte(strings.Replace(string(ping.Data), "ping", "pong", 1))
	if got, nonce := h.classify(ping); got != answerPong || nonce != 9 {
		t.Error("the answer is", got, nonce)
	}
}

// TestVerdicts is the whole table of diagnosis: what a request shows, what it means, and what follows.
func TestVerdicts(t *testing.T) {
	for _, test := range []struct {
		name  string
		shows symptoms
		want  Verdict
		rule  Decision
	}{
		{"nothing answers", symptoms{}, Unreachable, Decision{}},
		{"nothing answers and the device says why", symptoms{offline: true}, Offline, Decision{}},
		{"a certificate", symptoms{untrusted: true}, Untrusted, Decision{After: 30 * time.Second, Spread: time.Minute}},
		{"something answers that may not be read", symptoms{reached: true, offline: true}, Unknown, Decision{}},
		{"a hotel", symptoms{reached: true, redirected: true}, Redirected, Decision{}},
		{"302", symptoms{status: 302}, Redirected, Decision{}},
		{"200", symptoms{status: 200}, Unknown, Decision{}},
		{"400: want an upgrade", symptoms{status: 400}, Unknown, Decision{}},
		{"426: want an upgrade", symptoms{status: 426}, Unknown, Decision{}},
		{"401", symptoms{status: 401}, Denied, Decision{Stop: true}},
		{"403", symptoms{status: 403, retryAfter: time.Second}, Denied, Decision{Stop: true}},
		{"407", symptoms{status: 407}, Denied, Decision{Stop: true}},
		{"404", symptoms{status: 404}, NotFound, Decision{Stop: true}},
		{"410", symptoms{status: 410}, NotFound, Decision{Stop: true}},
		{"429", symptoms{status: 429}, Busy, Decision{After: 10 * time.Second, Spread: 20 * time.Second}},
		{"429 with advice", symptoms{status: 429, retryAfter: time.Minute}, Busy, Decision{After: time.Minute, Spread: 20 * time.Second}},
		{"502", symptoms{status: 502}, Failing, Decision{}},
		{"503 with advice", symptoms{status: 503, retryAfter: time.Minute}, Failing, Decision{After: time.Minute}},
		{"503 with advice without measure", symptoms{status: 503, retryAfter: 1 << 60}, Failing, Decision{After: longestAdvice}},
	} {
		d := test.shows.verdict()
		got := DefaultDecide(CloseInfo{Code: AbnormalClosure, Err: d})
		got.Rule = ""
		if d.Verdict != test.want || got != test.rule {
			t.Errorf("%s: %v, %+v; want %v, %+v", test.name, d.Verdict, got, test.want, test.rule)
		}
	}
}

func TestLivenessOptionsAreChecked(t *testing.T) {
	ping := func(uint32) codec.Message { return codec.Message{} }
	for want, option := range map[string]Option{
		"WithHeartbeat: negative": WithHeartbeat(Heartbeat{Interval: -1}),
		"WithHeartbeat: Ping":     WithHeartbeat(Heartbeat{Ping: ping}),
		"WithPage: unknown":       WithPage(Page{Hidden: 9}),
		"WithPage: CloseAfter":    WithPage(Page{CloseAfter: -1}),
		"WithDiagnosis: must be":  WithDiagnosis(0),
	} {
		if _, err := New("ws://x", codec.Raw(), option); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// liveWithSenses lets one byte after the other happen to a client with everything switched on. The first byte chooses
// what it does when hidden.
func liveWithSenses(t *testing.T, p []byte) {
	if len(p) == 0 {
		return
	}
	l := senses(t, WhenHidden(p[0])%(CloseHidden+1))
	w := &world{life: l, page: l.plan.watch.(*page), pulse: l.plan.pulse.(*heartbeat)}
	w.through(p[1:])
}

func (w *world) parked() bool { return w.state == Waiting && w.page != nil && w.page.parked }

// sensed fills in what belongs to the event of byte b, and lets time go by: now and then hours.
func (w *world) sensed(b byte, ev *event) {
	if w.page == nil {
		return
	}
	w.clock += time.Duration(b) * 200 * time.Millisecond
	if b%41 == 0 {
		w.clock += time.Hour
	}
	ev.now = w.clock
	ev.hint = hint(b>>5) % hints
	ev.answer, ev.nonce = answer(b>>4)%3, w.pulse.nonce*uint32(b&1)
	ev.finding = symptoms{status: []int{0, 200, 403, 503}[b>>6], offline: b&1 == 0}.verdict()
}

// sound checks what must hold for the senses after each event.
func (w *world) sound(before State, was heartbeat, ev *event, out []command) {
	if w.page == nil {
		return
	}
	for _, c := range out {
		dials := c.kind == cmdResolve || c.kind == cmdDial
		lost, isLost := c.notice.(Lost)
		switch {
		case dials && ev.kind == evHint:
			w.t.Fatalf("P21: the hint %d led to an attempt at once", ev.hint)
		case dials && ev.kind == evRetryTimer && w.page.hidden && w.page.Hidden != KeepHidden:
			w.t.Fatal("P27: an attempt while the page is hidden")
		case isLost && ev.kind == evHint && ev.hint != hintPageHide && !errors.Is(lost.Err, ErrHeartbeat):
			w.t.Fatalf("P21: the hint %d was taken for proof: %v", ev.hint, lost.Err)
		case isLost && ev.kind == evBeatTimer && ev.now > was.due+late && !was.again && was.missed < mostMissed-1:
			w.t.Fatal("P6: a connection was given up by a timer that fired late, without asking again")
		}
	}
	if ev.kind == evHint && ev.hint == hintPageHide && (before == Open || before == Connecting || before == Waiting) && (w.live || w.state != Waiting) {
		w.t.Fatalf("P22: a page went away with a connection, in %v", w.state)
	}
	if w.state == Open && w.armed[beatTimer] == 0 {
		w.t.Fatalf("open without a heartbeat after %s", kindNames[ev.kind])
	}
	if ev.kind == evReceived && ev.answer == answerEcho && was.waiting && !w.pulse.waiting && w.state == Open {
		w.t.Fatal("P26: our own echo was taken for a sign of life")
	}
}

// recovers proves P7: whatever happened, nothing is stuck. A client that is not on its way to Closed can be opened.
func (w *world) recovers() {
	if w.state == Closed || w.state == Closing && w.next == Closed || w.draining {
		return
	}
	if w.page != nil {
		w.take(hinted(hintVisible))
	}
	w.take(just(evResume))
	w.take(just(evReconnect))
	w.take(just(evResolved))
	w.take(just(evOpened))
	if w.state != Open {
		w.t.Fatalf("P7: stuck in %v", w.state)
	}
}

// These tests prove what a client makes of silence, sleep and hints: in conversations with a clock, and in random lives
// in which everything that can happen to a page happens in any order.
package engine

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// What a client does while its page is hidden.
var (
	keepHidden  = Lifecycle{CloseAfter: time.Minute}
	deferHidden = Lifecycle{DeferHidden: true, CloseAfter: time.Minute}
	closeHidden = Lifecycle{DeferHidden: true, CloseHidden: true, CloseAfter: time.Minute}
)

// withMonitors is a life with every monitor on.
func withMonitors(t *testing.T, hidden Lifecycle) *life {
	l := newLife(t)
	l.config.Heartbeat = &heartbeat{interval: 25 * time.Second, timeout: 10 * time.Second}
	l.config.Lifecycle = &page{Lifecycle: hidden}
	l.config.Diagnoser = &diagnoser{every: 3}
	return l
}

// moment is one exchange of a conversation at a time, in seconds since the beginning.
type moment struct {
	at   float64
	in   Event
	want string
}

func hinted(h Hint) Event { return Event{Kind: EventHint, Hint: h, Random: 0.5} }

func pong(nonce uint32) Event {
	return Event{Kind: EventReceived, Answer: AnswerPong, Nonce: nonce, Random: 0.5}
}

func timedOut() Event { return just(EventBeatTimer) }

// looked is a heartbeat that is due, and what it finds of the bytes that move.
func looked(f Flow) Event { return Event{Kind: EventBeatTimer, Random: 0.5, Flow: &f} }

const mB = 1000 * 1000

// The nonce that a random number of 0.5 makes.
const half = 1 + (1<<32-1)/2

func TestLivenessConversations(t *testing.T) {
	open := []moment{
		{0, just(EventRun), "Connecting, connect in 15s, ask where for attempt 1"},
		{0, just(EventResolved), "dial"},
		{0, just(EventOpened), "no connect, Open, opened by attempt 1, beat in 25s, flush"},
	}
	const died = "no beat, lost 1006, Waiting, retry in 500ms, attempt 2 in 500ms"
	const dead = "abandon, lost 1006, Waiting, retry in 500ms, attempt 2 in 500ms" // P4: without waiting for its close event
	for _, test := range []struct {
		name   string
		hidden Lifecycle
		lines  []moment
	}{
		{"a ping and its pong", keepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{25.1, pong(half), "pong after 100ms, beat in 24.9s"},
			{50, timedOut(), "ping, beat in 10s"},
		}},
		{"a black hole is noticed at interval + timeout", keepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{35, timedOut(), dead},
		}},
		{"any message is a sign of life", keepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{34.9, just(EventReceived), "beat in 15.1s, deliver"},
			{50, timedOut(), "ping, beat in 10s"},
			{60, timedOut(), dead},
		}},
		{"P26: neither our own echo nor an old pong is a sign of life", keepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{26, Event{Kind: EventReceived, Answer: AnswerEcho}, ""},
			{27, pong(7), ""},
			{35, timedOut(), dead},
		}},
		{"a pong without a nonce answers the ping", keepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{25.2, pong(0), "pong after 200ms, beat in 24.8s"},
			{26, pong(0), ""},
		}},
		{"a control frame is a sign of life, where the platform reports it", keepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{26, just(EventAlive), "beat in 24s"},
		}},
		{"a connection on which nothing we send arrives any more is dead", keepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{25, pong(half), "pong after 0s, beat in 25s"},
			{50, timedOut(), "ping, beat in 10s"},
			{51, just(EventReceived), "beat in 24s, deliver"},
			{75, timedOut(), "ping, beat in 10s"},
			{76, just(EventReceived), "beat in 24s, deliver"},
			{100, timedOut(), "ping, beat in 10s"},
			{101, just(EventReceived), "beat in 24s, deliver"},
			{125, timedOut(), dead},
		}},
		{"P6: a timer that fires late asks once more before it decides", keepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{3600, timedOut(), "ping, beat in 10s"},
			{3600.1, just(EventReceived), "beat in 24.9s, deliver"},
		}},
		{"P6: and then decides", keepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{85, timedOut(), "ping, beat in 10s"},
			{145, timedOut(), dead},
		}},
		{"P6, P28: a look that is late is repeated: what arrived and left meanwhile shows then", keepHidden, []moment{
			{25, looked(Flow{Handed: 8 * mB, Left: mB}), "ping, beat in 10s"},
			{35.3, looked(Flow{Handed: 8 * mB, Left: mB}), "beat in 100ms"},
			{35.6, looked(Flow{Handed: 8 * mB, Left: mB}), "beat in 100ms"},
			{35.7, looked(Flow{Handed: 8 * mB, Left: 2 * mB, Moved: 1}), "beat in 10s"},
			{45.7, looked(Flow{Handed: 8 * mB, Left: 2 * mB, Moved: 1}), "beat in 700ms"}, // as long as it took to leave
			{46.5, looked(Flow{Handed: 8 * mB, Left: 2 * mB, Moved: 1}), "beat in 100ms"},
			{46.6, looked(Flow{Handed: 8 * mB, Left: 2 * mB, Moved: 1}), dead},
		}},
		{"P6: looks that are always late end a second after the time", keepHidden, []moment{
			{25, timedOut(), "ping, beat in 10s"},
			{35.5, timedOut(), "beat in 100ms"},
			{35.9, timedOut(), "beat in 100ms"},
			{36.2, timedOut(), dead},
		}},
		{"P6: a message does what a throttled timer should have done", keepHidden, []moment{
			{27, just(EventReceived), "ping, beat in 10s, deliver"},
			{27.5, pong(half), "pong after 500ms, beat in 24.5s"},
		}},
		{"P28: an upload that is longer than the heartbeat", keepHidden, []moment{
			{25, looked(Flow{Handed: 8 * mB, Left: mB, Moved: 10, Exact: true}), "ping, beat in 10s"},
			{35, looked(Flow{Handed: 8 * mB, Left: 4 * mB, Moved: 40, Exact: true}), "beat in 10s"},
			{45, looked(Flow{Handed: 8*mB + 30, Left: 8*mB + 30, Moved: 80, Exact: true}), "beat in 10s"}, // now the ping has left
			{46, pong(half), "pong after 21s, beat in 4s"},
		}},
		{"P28: an upload that stands still is dead", keepHidden, []moment{
			{25, looked(Flow{Handed: 8 * mB, Left: mB, Moved: 10, Exact: true}), "ping, beat in 10s"},
			{35, looked(Flow{Handed: 8 * mB, Left: 4 * mB, Moved: 40, Exact: true}), "beat in 10s"},
			{45, looked(Flow{Handed: 8 * mB, Left: 4 * mB, Moved: 40, Exact: true}), dead},
		}},
		{"P28: what leaves after the ping proves nothing", keepHidden, []moment{
			{25, looked(Flow{Handed: mB, Left: mB, Moved: 10, Exact: true}), "ping, beat in 10s"},
			{35, looked(Flow{Handed: 2 * mB, Left: 2 * mB, Moved: 20, Exact: true}), dead},
		}},
		{"P28: where the kernel hides what waits, it may take as long to leave as it took to get there", keepHidden, []moment{
			{25, looked(Flow{Handed: 8 * mB, Left: mB, Moved: 10}), "ping, beat in 10s"},
			{35, looked(Flow{Handed: 8 * mB, Left: 4 * mB, Moved: 40}), "beat in 10s"},
			{45, looked(Flow{Handed: 8*mB + 30, Left: 8*mB + 30, Moved: 80}), "beat in 10s"},
			{55, looked(Flow{Handed: 8*mB + 30, Left: 8*mB + 30, Moved: 80}), "beat in 10s"}, // 20 s of silence are allowed
			{65, looked(Flow{Handed: 8*mB + 30, Left: 8*mB + 30, Moved: 80}), dead},
		}},
		{"P28: a message that arrives slowly", keepHidden, []moment{
			{25, looked(Flow{Arrived: mB}), "ping, beat in 10s"},
			{35, looked(Flow{Arrived: 4 * mB}), "beat in 10s"},
			{45, looked(Flow{Arrived: 8 * mB}), "beat in 10s"},
			{55, looked(Flow{Arrived: 8 * mB}), dead},
		}},
		{"P28: a message that a browser does not show before it is complete", keepHidden, []moment{
			{25, looked(Flow{Silence: 30 * time.Second}), "ping, beat in 10s"},
			{35, looked(Flow{Silence: 30 * time.Second}), "beat in 10s"},
			{45, looked(Flow{Silence: 30 * time.Second}), "beat in 10s"},
			{55, looked(Flow{Silence: 30 * time.Second}), "beat in 10s"},
			{65, looked(Flow{Silence: 30 * time.Second}), dead},
		}},
		{"P28: pongs are behind what the server sends, for two minutes at most", keepHidden, []moment{
			{25, looked(Flow{}), "ping, beat in 10s"},
			{25, pong(half), "pong after 0s, beat in 25s"},
			{50, looked(Flow{Arrived: mB}), "ping, beat in 10s"},
			{51, just(EventReceived), "beat in 24s, deliver"},
			{75, looked(Flow{Arrived: 2 * mB}), "ping, beat in 10s"},
			{76, just(EventReceived), "beat in 24s, deliver"},
			{100, looked(Flow{Arrived: 3 * mB}), "ping, beat in 10s"},
			{101, just(EventReceived), "beat in 24s, deliver"},
			{125, looked(Flow{Arrived: 4 * mB}), "ping, beat in 10s"},
			{126, just(EventReceived), "beat in 24s, deliver"},
			{150, looked(Flow{Arrived: 5 * mB}), "ping, beat in 10s"},
			{151, just(EventReceived), "beat in 24s, deliver"},
			{175, looked(Flow{Arrived: 6 * mB}), "ping, beat in 10s"},
			{176, just(EventReceived), "beat in 24s, deliver"},
			{200, looked(Flow{Arrived: 7 * mB}), "ping, beat in 10s"},
			{201, just(EventReceived), "beat in 24s, deliver"},
			{225, looked(Flow{Arrived: 8 * mB}), dead},
		}},
		{"P28: a ping that has not left cannot be answered", keepHidden, []moment{
			{25, looked(Flow{}), "ping, beat in 10s"},
			{25, pong(half), "pong after 0s, beat in 25s"},
			{50, looked(Flow{Handed: 90 * mB, Left: 10 * mB, Exact: true}), "ping, beat in 10s"},
			{51, just(EventReceived), "beat in 24s, deliver"},
			{75, looked(Flow{Handed: 90 * mB, Left: 20 * mB, Exact: true}), "ping, beat in 10s"},
			{76, just(EventReceived), "beat in 24s, deliver"},
			{100, looked(Flow{Handed: 90 * mB, Left: 30 * mB, Exact: true}), "ping, beat in 10s"},
			{101, just(EventReceived), "beat in 24s, deliver"},
			{125, looked(Flow{Handed: 90 * mB, Left: 40 * mB, Exact: true}), "ping, beat in 10s"},
		}},
		{"what we do not read cannot be missed", keepHidden, []moment{
			{10, just(EventInboxHigh), "throttle"},
			{25, timedOut(), "beat in 25s"},
			{45, just(EventInboxLow), "release"},
			{50, timedOut(), "ping, beat in 10s"},
		}},
		{"P6, P21: on waking the connection is asked, not doubted", keepHidden, []moment{
			{20, hinted(HintVisible), "ping, beat in 10s"},
			{20.1, pong(half), "pong after 100ms, beat in 24.9s"},
			{21, hinted(HintOffline), "ping, beat in 10s"},
			{22, pong(half), "pong after 1s, beat in 24s"},
			{23, hinted(HintThaw), "ping, beat in 10s"},
			{24, hinted(HintOnline), "ping, beat in 10s"},
		}},
		{"P21: online shortens the wait, with jitter", keepHidden, []moment{
			{10, lost(tryAgainLater), "no beat, lost 1013, Waiting, retry in 35s, attempt 2 in 35s"},
			{11, hinted(HintOnline), "retry in 9.5s, attempt 2 in 9.5s"}, // 1013 asked for ten seconds
			{19.9, hinted(HintOnline), ""},
			{20.5, just(EventRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
			{20.6, hinted(HintOnline), ""},
		}},
		{"P21: online makes no attempt of a closed or paused client", keepHidden, []moment{
			{10, just(EventPause), "no beat, Closing, close with 1000, close in 5s"},
			{11, hinted(HintOnline), ""},
			{11, lost(NormalClosure), "no close, lost 1000, Paused"},
			{12, hinted(HintOnline), ""},
			{12, hinted(HintPageShow), ""},
		}},
		{"P27: a hidden page that keeps on", keepHidden, []moment{
			{10, hinted(HintHidden), ""},
			{11, lost(AbnormalClosure), died},
			{12, just(EventRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
		}},
		{"P27: a hidden page that defers", deferHidden, []moment{
			{10, hinted(HintHidden), ""},
			{11, lost(AbnormalClosure), died},
			{11.5, just(EventRetryTimer), ""},
			{3600, hinted(HintOnline), ""},
			{3700, hinted(HintVisible), "retry in 500ms, attempt 2 in 500ms"},
			{3700.5, just(EventRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
		}},
		{"P27: a hidden page that closes", closeHidden, []moment{
			{10, hinted(HintHidden), "hidden in 1m0s"},
			{30, hinted(HintVisible), "no hidden, ping, beat in 10s"},
			{31, just(EventReceived), "beat in 24s, deliver"},
			{40, hinted(HintHidden), "hidden in 1m0s"},
			{100, just(EventHiddenTimer), "no beat, Closing, close with 1000, close in 5s"},
			{100, lost(NormalClosure), "no close, lost 1006, Waiting, retry in 500ms, attempt 2 in 500ms"},
			{100.5, just(EventRetryTimer), ""},
			{999, hinted(HintVisible), "retry in 500ms, attempt 2 in 500ms"},
		}},
		{"P27: a connection that opens while hidden stays for what is left", closeHidden, []moment{
			{10, lost(AbnormalClosure), died},
			{10.5, just(EventRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
			{11, hinted(HintHidden), ""},
			{11, just(EventResolved), "dial"},
			{21, just(EventOpened), "no connect, Open, opened by attempt 2, beat in 25s, hidden in 50s, flush"},
			{22, hinted(HintFreeze), "no beat, no hidden, Closing, close with 1000, close in 5s"},
		}},
		{"P22: into the back/forward cache and out", keepHidden, []moment{
			{10, hinted(HintPageHide), "close with 1001, abandon, no beat, lost 1006, Waiting"},
			{10, Event{Kind: EventEnded, Generation: 1, Ended: &CloseInfo{}}, ""},
			{900, hinted(HintPageShow), "retry in 0s, attempt 1 in 0s"},
			{900, just(EventRetryTimer), "Connecting, connect in 15s, ask where for attempt 1"},
			{901, hinted(HintPageHide), "stop asking, no connect, Waiting"},
			{902, hinted(HintPageHide), "Waiting"},
			{903, hinted(HintPageShow), "retry in 0s, attempt 1 in 0s"},
		}},
		{"a freeze alone closes nothing that is to be kept", deferHidden, []moment{
			{10, hinted(HintFreeze), ""},
		}},
		{"attempts that fail are examined, and a verdict stops them", keepHidden, []moment{
			{10, lost(AbnormalClosure), died},
			{11, just(EventRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
			{11, just(EventResolved), "dial"},
			{11, refused(), "no connect, Waiting, retry in 1s, attempt 3 in 1s"},
			{12, just(EventRetryTimer), "Connecting, connect in 15s, ask where for attempt 3"},
			{12, just(EventResolved), "dial"},
			{12, refused(), "no connect, Waiting, retry in 2s, attempt 4 in 2s, examine"},
			{14, just(EventRetryTimer), "Connecting, connect in 15s, ask where for attempt 4"},
			{14, Event{Kind: EventDiagnosed, Finding: denied}, "diagnosis: Denied (HTTP 403), stop asking, no connect, Closed, " +
				"finish: tether: stopped (diagnosis: Denied (HTTP 403)): cannot connect: diagnosis: Denied (HTTP 403)"},
		}},
		{"a verdict that says when makes the wait longer, and one that comes too late is ignored", keepHidden, []moment{
			{10, lost(AbnormalClosure), died},
			{11, just(EventRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
			{11, just(EventResolved), "dial"},
			{11, refused(), "no connect, Waiting, retry in 1s, attempt 3 in 1s"},
			{12, just(EventRetryTimer), "Connecting, connect in 15s, ask where for attempt 3"},
			{12, just(EventResolved), "dial"},
			{12, refused(), "no connect, Waiting, retry in 2s, attempt 4 in 2s, examine"},
			{
				12.1,
				Event{Kind: EventDiagnosed, Random: 0.5, Finding: failing},
				"diagnosis: Failing (HTTP 503), retry in 1m2s, attempt 4 in 1m2s",
			},
			{13, Event{Kind: EventDiagnosed, Finding: denied}, ""},
			{75, just(EventRetryTimer), "Connecting, connect in 15s, ask where for attempt 4"},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := withMonitors(t, test.hidden)
			for i, line := range slices.Concat(open, test.lines) {
				line.in.Now = time.Duration(line.at * float64(time.Second))
				if got := sayAll(l.happens(line.in)); got != line.want {
					t.Fatalf("line %d, at %vs: %s\n got  %s\n want %s", i+1-len(open), line.at, kindNames[line.in.Kind], got, line.want)
				}
			}
		})
	}
}

func TestElapsedTimeCountsSleepAndNeverGoesBack(t *testing.T) {
	var c Clock
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
		if got := c.Advance(r.mono, start+int64(r.wall)); got != r.want {
			t.Errorf("reading %d: %v, want %v", i, got, r.want)
		}
	}
}

// liveWithMonitors lets one byte after the other happen to a client with everything switched on. The first byte chooses
// what it does when hidden.
func liveWithMonitors(t *testing.T, p []byte) {
	if len(p) == 0 {
		return
	}
	l := withMonitors(t, []Lifecycle{keepHidden, deferHidden, closeHidden}[p[0]%3])
	w := &world{life: l, page: l.config.Lifecycle.(*page), pulse: l.config.Heartbeat.(*heartbeat)}
	w.through(p[1:])
}

func (w *world) parked() bool { return w.state == Waiting && w.page != nil && w.page.parked }

// sensed fills in what belongs to the event of byte b, and lets time go by: now and then hours.
func (w *world) monitored(b byte, ev *Event) {
	if w.page == nil {
		return
	}
	w.clock += time.Duration(b) * 200 * time.Millisecond
	if b%41 == 0 {
		w.clock += time.Hour
	}
	ev.Now = w.clock
	ev.Hint = Hint(b>>5) % hints
	ev.Answer, ev.Nonce = Answer(b>>4)%3, w.pulse.nonce*uint32(b&1)
	ev.Finding = []error{&finding{text: "Unreachable"}, &finding{text: "Unknown"}, denied, failing}[b>>6]
}

// sound checks what must hold for the senses after each event.
func (w *world) sound(before State, was heartbeat, ev *Event, out []Command) {
	if w.page == nil {
		return
	}
	for _, c := range out {
		dials := c.Kind == CommandResolve || c.Kind == CommandDial
		lost, isLost := c.Notice.(Lost)
		switch {
		case dials && ev.Kind == EventHint:
			w.t.Fatalf("P21: the hint %d led to an attempt at once", ev.Hint)
		case dials && ev.Kind == EventRetryTimer && w.page.hidden && w.page.DeferHidden:
			w.t.Fatal("P27: an attempt while the page is hidden")
		case isLost && ev.Kind == EventHint && ev.Hint != HintPageHide && !errors.Is(lost.Err, ErrHeartbeat):
			w.t.Fatalf("P21: the hint %d was taken for proof: %v", ev.Hint, lost.Err)
		case isLost && ev.Kind == EventBeatTimer && ev.Now > was.due+late && !was.again && was.missed < mostMissed-1:
			w.t.Fatal("P6: a connection was given up by a timer that fired late, without asking again")
		}
	}
	if ev.Kind == EventHint && ev.Hint == HintPageHide && (before == Open || before == Connecting || before == Waiting) && (w.live || w.state != Waiting) {
		w.t.Fatalf("P22: a page went away with a connection, in %v", w.state)
	}
	if w.state == Open && w.armed[BeatTimer] == 0 {
		w.t.Fatalf("open without a heartbeat after %s", kindNames[ev.Kind])
	}
	if ev.Kind == EventReceived && ev.Answer == AnswerEcho && was.waiting && !w.pulse.waiting && w.state == Open {
		w.t.Fatal("P26: our own echo was taken for a sign of life")
	}
}

// recovers proves P7: whatever happened, nothing is stuck. A client that is not on its way to Closed can be opened.
func (w *world) recovers() {
	if w.state == Closed || w.state == Closing && w.next == Closed || w.draining {
		return
	}
	if w.page != nil {
		w.take(hinted(HintVisible))
	}
	w.take(just(EventResume))
	w.take(just(EventReconnect))
	w.take(just(EventResolved))
	w.take(just(EventOpened))
	if w.state != Open {
		w.t.Fatalf("P7: stuck in %v", w.state)
	}
}

// These tests prove what a client decides: by conversations (what happens, what follows), by a diagram that is printed
// from the table and looked at, and by random lives in which nothing may ever go wrong.
package tether

import (
	_ "embed"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

//go:embed testdata/machine.mmd
var golden string // embedded, because a browser has no files

var update = flag.Bool("update", false, "rewrite the golden files")

var kindNames = [eventKinds]string{
	"run", "resolved", "unresolved", "opened", "received", "ended", "connect timeout", "retry due", "uptime reached",
	"close timeout", "beat due", "hidden too long", "alive", "hint", "diagnosed", "queued", "flushed", "drained", "inbox high", "inbox low", "inbox full", "too big", "reconnect",
	"pause", "resume", "shutdown", "close", "abort",
}

var timerNames = [timers]string{"connect", "retry", "uptime", "close", "beat", "hidden"}

// say puts a command into words.
func say(c command) string {
	switch c.kind {
	case cmdResolve:
		return "ask where for attempt " + strconv.Itoa(c.attempt.Number)
	case cmdForget:
		return "stop asking"
	case cmdDial:
		return "dial"
	case cmdFlush:
		return "flush"
	case cmdWatch:
		return "watch for " + strconv.Itoa(c.mark)
	case cmdDeliver:
		return "deliver"
	case cmdThrottle:
		return "throttle"
	case cmdRelease:
		return "release"
	case cmdCloseConn:
		return "close with " + strconv.Itoa(int(c.code))
	case cmdAbandon:
		return "abandon"
	case cmdArm:
		return timerNames[c.timer] + " in " + c.delay.String()
	case cmdDisarm:
		return "no " + timerNames[c.timer]
	case cmdNotify:
		return sayEvent(c.notice)
	case cmdPing:
		return "ping"
	case cmdExamine:
		return "examine"
	case cmdFinish:
		if c.err != nil {
			return "finish: " + c.err.Error()
		}
		return "finish"
	}
	return "?"
}

func sayEvent(e Event) string {
	switch e := e.(type) {
	case StateChanged:
		return e.New.String()
	case Opened:
		return "opened by attempt " + strconv.Itoa(e.Attempt)
	case Lost:
		return "lost " + strconv.Itoa(int(e.Code))
	case PongReceived:
		return "pong after " + e.RTT.String()
	case Diagnosed:
		return e.Error()
	case Retrying:
		return "attempt " + strconv.Itoa(e.Attempt) + " in " + e.Delay.String()
	}
	return "?"
}

func sayAll(commands []command) string {
	var words []string
	for _, c := range commands {
		words = append(words, say(c))
	}
	return strings.Join(words, ", ")
}

// life is a machine with the memory that a shell would have.
type life struct {
	machine
	t *testing.T
}

func newLife(t *testing.T) *life {
	l := &life{t: t}
	l.plan = &plan{connectTimeout: 15 * time.Second, closeTimeout: 5 * time.Second, backoff: defaultBackoff, decide: DefaultDecide}
	return l
}

// happens fills in what the shell knows and takes one step.
func (l *life) happens(ev event) []command {
	if ev.kind == evResolved {
		ev.target = &Target{URL: "ws://x"}
	} else if slices.Contains(timerEvents[:], ev.kind) {
		ev.timer = l.armed[ev.kind.timer()]
		if ev.timer == 0 {
			ev.timer = l.lastID + 1 // what was not armed does not fire
		}
	} else if ev.kind == evShutdown {
		ev.ended = &CloseInfo{Code: 4321}
	}
	if ev.gen == 0 {
		ev.gen = l.gen
	}
	return l.step(&ev, nil)
}

func lost(code Code) event {
	return event{kind: evEnded, ended: &CloseInfo{Code: code, Opened: true}, random: 0.5}
}

func refused() event {
	return event{kind: evEnded, ended: &CloseInfo{Code: AbnormalClosure}, random: 0.5}
}

func just(k eventKind) event { return event{kind: k, random: 0.5} }

// line is one exchange of a conversation.
type line struct {
	in   event
	want string
}

// toOpen is how most conversations begin.
var toOpen = []line{
	{just(evRun), "Connecting, connect in 15s, ask where for attempt 1"},
	{just(evResolved), "dial"},
	{just(evOpened), "no connect, Open, opened by attempt 1, uptime in 5s, flush"},
}

func TestConversations(t *testing.T) {
	for _, test := range []struct {
		name  string
		open  bool // begin with toOpen
		lines []line
	}{
		{"messages flow", true, []line{
			{just(evReceived), "no uptime, deliver"},
			{just(evReceived), "deliver"},
			{just(evQueued), "flush"},
			{just(evFlushed), ""},
			{event{kind: evFlushed, buffered: 9}, ""},
			{event{kind: evFlushed, left: 9, mark: 7}, "watch for 7"},
			{event{kind: evFlushed, left: 8, mark: 7}, ""},
			{event{kind: evFlushed, left: 8, tracked: 1, mark: 5}, "watch for 5"},
			{just(evDrained), "flush"},
			{event{kind: evFlushed, left: 9, mark: 5}, "watch for 5"},
			{event{kind: evFlushed, left: 9, mark: -1}, ""},
		}},
		{"P8: a connection that proves nothing does not reset the backoff", true, []line{
			{lost(GoingAway), "no uptime, lost 1001, Waiting, retry in 500ms, attempt 2 in 500ms"},
			{just(evRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
			{just(evResolved), "dial"},
			{just(evOpened), "no connect, Open, opened by attempt 2, uptime in 5s, flush"},
			{lost(AbnormalClosure), "no uptime, lost 1006, Waiting, retry in 1s, attempt 3 in 1s"},
		}},
		{"P8: a first message resets the backoff", true, []line{
			{lost(GoingAway), "no uptime, lost 1001, Waiting, retry in 500ms, attempt 2 in 500ms"},
			{just(evRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
			{just(evResolved), "dial"},
			{just(evOpened), "no connect, Open, opened by attempt 2, uptime in 5s, flush"},
			{just(evReceived), "no uptime, deliver"},
			{lost(AbnormalClosure), "lost 1006, Waiting, retry in 500ms, attempt 2 in 500ms"},
		}},
		{"P8: so does uptime", true, []line{
			{refused(), "no uptime, Waiting, retry in 500ms, attempt 2 in 500ms"},
			{just(evRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
			{just(evResolved), "dial"},
			{just(evOpened), "no connect, Open, opened by attempt 2, uptime in 5s, flush"},
			{just(evUptimeTimer), ""},
			{lost(AbnormalClosure), "lost 1006, Waiting, retry in 500ms, attempt 2 in 500ms"},
		}},
		{"P4: an attempt that never ends is abandoned, and its socket with it", false, []line{
			{just(evRun), "Connecting, connect in 15s, ask where for attempt 1"},
			{just(evResolved), "dial"},
			{just(evConnectTimer), "abandon, Waiting, retry in 500ms, attempt 2 in 500ms"},
		}},
		{"P5: what an old transport says is not heard", false, []line{
			{just(evRun), "Connecting, connect in 15s, ask where for attempt 1"},
			{just(evResolved), "dial"},
			{just(evReconnect), "abandon, no connect, Connecting, connect in 15s, ask where for attempt 1"},
			{event{kind: evOpened, gen: 1}, ""},
			{event{kind: evReceived, gen: 1}, ""},
			{event{kind: evEnded, gen: 1, ended: &CloseInfo{}}, ""},
			{event{kind: evResolved, gen: 1}, ""},
			{just(evResolved), "dial"},
		}},
		{"P9: a refused login is not tried again", true, []line{
			{lost(4001), "no uptime, lost 4001, Closed, finish: tether: stopped (4000–4099: refused by the application): connection closed: 4001"},
			{just(evRun), ""},
		}},
		{"P12: an end is heard once", true, []line{
			{lost(AbnormalClosure), "no uptime, lost 1006, Waiting, retry in 500ms, attempt 2 in 500ms"},
			{event{kind: evEnded, gen: 1, ended: &CloseInfo{}}, ""},
		}},
		{"1012 waits as its registration asks", true, []line{
			{lost(ServiceRestart), "no uptime, lost 1012, Waiting, retry in 17.5s, attempt 2 in 17.5s"},
		}},
		{"reconnect cuts a wait short and starts the backoff anew", true, []line{
			{lost(TryAgainLater), "no uptime, lost 1013, Waiting, retry in 35s, attempt 2 in 35s"},
			{just(evReconnect), "no retry, Connecting, connect in 15s, ask where for attempt 1"},
		}},
		{"close, answered", true, []line{
			{just(evClose), "no uptime, Closing, close with 1000, close in 5s"},
			{just(evReceived), ""},
			{lost(NormalClosure), "no close, lost 1000, Closed, finish"},
		}},
		{"P4: close, never answered", true, []line{
			{just(evClose), "no uptime, Closing, close with 1000, close in 5s"},
			{just(evClose), ""},
			{just(evCloseTimer), "abandon, lost 1006, Closed, finish"},
		}},
		{"shutdown drains first", true, []line{
			{event{kind: evShutdown, left: 2}, "flush"},
			{event{kind: evFlushed, left: 2, mark: 5}, "watch for 5"},
			{just(evDrained), "flush"},
			{event{kind: evFlushed, buffered: 3}, "watch for 0"},
			{just(evDrained), "flush"},
			{just(evFlushed), "no uptime, Closing, close with 4321, close in 5s"},
			{lost(4321), "no close, lost 4321, Closed, finish"},
		}},
		{"shutdown without a connection keeps trying while something is left", true, []line{
			{lost(AbnormalClosure), "no uptime, lost 1006, Waiting, retry in 500ms, attempt 2 in 500ms"},
			{event{kind: evShutdown, left: 1}, ""},
			{just(evRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
			{just(evAbort), "stop asking, no connect, Closed, finish"},
		}},
		{"pause and resume", true, []line{
			{just(evPause), "no uptime, Closing, close with 1000, close in 5s"},
			{lost(NormalClosure), "no close, lost 1000, Paused"},
			{just(evReconnect), ""},
			{just(evResume), "Connecting, connect in 15s, ask where for attempt 1"},
		}},
		{"a message that is too big stops", true, []line{
			{just(evTooBig), "no uptime, Closing, close with 1009, close in 5s"},
			{lost(MessageTooBig), "no close, lost 1009, Closed, finish: tether: stopped (1007–1010: a message was refused): connection closed: 1009: tether: message is larger than the limit"},
		}},
		{"a full inbox starts over", true, []line{
			{just(evInboxHigh), "throttle"},
			{just(evInboxLow), "release"},
			{just(evInboxFull), "no uptime, Closing, close with 1008, close in 5s"},
			{lost(AbnormalClosure), "no close, lost 1006, Waiting, retry in 500ms, attempt 2 in 500ms"},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLife(t)
			lines := test.lines
			if test.open {
				lines = slices.Concat(toOpen, lines)
			}
			for i, line := range lines {
				if got := sayAll(l.happens(line.in)); got != line.want {
					t.Fatalf("line %d: %s\n got  %s\n want %s", i+1, kindNames[line.in.kind], got, line.want)
				}
			}
		})
	}
}

func TestATimerThatFiresLateIsNotHeard(t *testing.T) {
	l := newLife(t)
	l.happens(just(evRun))
	old := l.armed[connectTimer]
	l.happens(just(evReconnect))
	if got := l.step(&event{kind: evConnectTimer, timer: old}, nil); len(got) > 0 {
		t.Error("a timer of the last attempt ended this one:", sayAll(got))
	}
}

func TestAsManyAttemptsAsAllowed(t *testing.T) {
	l := newLife(t)
	l.plan.backoff.MaxAttempts = 2
	l.happens(just(evRun))
	l.happens(just(evResolved))
	l.happens(refused())
	l.happens(just(evRetryTimer))
	out := l.happens(event{kind: evUnresolved, err: errors.New("no token")})
	if got := out[len(out)-1]; got.kind != cmdFinish || !strings.Contains(got.err.Error(), "no token") {
		t.Error(sayAll(out))
	}
}

// TestDiagram prints the table. Look at the picture when it changes: go test ./wasm/tether -run Diagram -update.
func TestDiagram(t *testing.T) {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> Idle\n")
	for from := Idle; from <= Closed; from++ {
		for to := Idle; to <= Closed; to++ {
			var by []string
			for k, r := range table[from] {
				if slices.Contains(r.to, to) {
					by = append(by, kindNames[k])
				}
			}
			if len(by) > 0 {
				b.WriteString("    " + from.String() + " --> " + to.String() + ": " + strings.Join(by, ", ") + "\n")
			}
		}
	}
	b.WriteString("    Closed --> [*]\n")
	const path = "testdata/machine.mmd"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if b.String() != golden && !*update {
		t.Errorf("the table no longer matches %s: look at the difference, then run with -update\n%s", path, b.String())
	}
}

// world checks the invariants over a whole life.
type world struct {
	*life
	live   bool       // the shell holds a connection
	opened bool       // Opened was told and Lost was not
	page   *page      // nil: no senses
	pulse  *heartbeat // likewise
	clock  time.Duration
	ended  bool
}

func TestRandomLives(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	p := make([]byte, 200)
	for range 1000 {
		for i := range p {
			p[i] = byte(r.Uint32())
		}
		liveThrough(t, p)
		liveWithSenses(t, p)
	}
}

func liveThrough(t *testing.T, p []byte) {
	(&world{life: newLife(t)}).through(p)
}

// through lets one byte after the other happen and ends the life.
func (w *world) through(p []byte) {
	t := w.t
	w.take(just(evRun))
	for _, b := range p {
		w.take(w.pick(b))
	}
	w.recovers()
	w.take(just(evAbort))
	if !w.ended || w.state != Closed {
		t.Errorf("after abort the state is %v", w.state)
	}
}

// pick turns a byte into an event that could happen now, or a stale one.
func (w *world) pick(b byte) event {
	ev := event{kind: eventKind(b) % eventKinds, random: float64(b) / 256, left: int(b >> 6)}
	switch {
	case ev.kind >= evAbort || ev.kind == evClose && b < 200: // else every life would be short
		ev.kind = evResolved
	case ev.kind == evEnded:
		codes := []Code{1000, 1001, 1005, 1006, 1011, 1012, 4001}
		ev.ended = &CloseInfo{Code: codes[int(b)%len(codes)], Opened: w.opened}
	case w.plan.watch == nil && (ev.kind == evHint || ev.kind == evDiagnosed || ev.kind == evAlive):
		ev.kind = evQueued
	case ev.kind == evReceived:
		ev.message = codec.Message{Type: codec.Text}
	}
	w.sensed(b, &ev)
	if b > 230 {
		ev.gen = w.gen - 1
	}
	// A transport says only what it can say: it speaks while it lives, and opens once.
	if speaks := ev.kind == evOpened || ev.kind == evReceived || ev.kind == evEnded || ev.kind == evAlive; speaks && ev.gen == 0 && !w.live {
		ev.kind = evQueued
	}
	return ev
}

func (w *world) take(ev event) {
	before := w.state
	if ev.kind == evOpened && before == Connecting && !w.live {
		return // nothing was dialled yet
	}
	if ev.kind == evResolved && w.live {
		return // the endpoint answers once
	}
	var was heartbeat
	if w.pulse != nil {
		was = *w.pulse
	}
	if ev.now == 0 {
		ev.now = w.clock
	}
	out := w.happens(ev)
	if ev.kind == evEnded && ev.gen == 0 && len(out) > 0 {
		w.live = false
	}
	w.check(before, ev, out)
	w.sound(before, was, &ev, out)
}

func (w *world) check(before State, ev event, out []command) {
	t := w.t
	if w.ended && len(out) > 0 {
		t.Fatalf("after the end, %s led to %s", kindNames[ev.kind], sayAll(out))
	}
	if len(out) > 0 && !slices.Contains(table[before][ev.kind].to, w.state) {
		t.Fatalf("%v --> %v by %s is not in the table", before, w.state, kindNames[ev.kind])
	}
	for _, c := range out {
		w.perform(c)
	}
	needs := map[State]timer{Connecting: connectTimer, Waiting: retryTimer, Closing: closeTimer}
	if timer, ok := needs[w.state]; ok && w.armed[timer] == 0 && !w.parked() {
		t.Fatalf("%v without the %s timer: it could last for ever (after %s)", w.state, timerNames[timer], kindNames[ev.kind])
	}
	if w.opened != (w.state == Open || w.state == Closing) {
		t.Fatalf("%v and opened=%v: each Opened has one Lost (after %s in %v: %s)", w.state, w.opened, kindNames[ev.kind], before, sayAll(out))
	}
}

func (w *world) perform(c command) {
	switch c.kind {
	case cmdDial:
		if w.live {
			w.t.Fatal("P13: two live connections")
		}
		w.live = true
	case cmdAbandon:
		if !w.live {
			w.t.Fatal("abandoned a connection that is over")
		}
		w.live = false
	case cmdFlush, cmdWatch, cmdCloseConn, cmdThrottle, cmdRelease:
		if !w.live {
			w.t.Fatalf("%s without a connection", say(c))
		}
	case cmdArm:
		if c.delay < 0 {
			w.t.Fatal("negative delay")
		}
	case cmdNotify:
		switch c.notice.(type) {
		case Opened:
			w.opened = true
		case Lost:
			if !w.opened {
				w.t.Fatal("Lost without Opened")
			}
			w.opened = false
		}
	case cmdFinish:
		if w.live {
			w.t.Fatal("finished with a live connection")
		}
		w.ended = true
	case cmdResolve, cmdForget, cmdDeliver, cmdDisarm, cmdPing, cmdExamine:
	}
}

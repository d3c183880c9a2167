// These tests prove what a client decides: by conversations (what happens, what follows), by a diagram that is printed
// from the table and looked at, and by random lives in which nothing may ever go wrong.
package engine

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

var kindNames = [EventKinds]string{
	"run", "resolved", "unresolved", "opened", "received", "ended", "connect timeout", "retry due", "close timeout", "beat due", "hidden too long", "alive", "hint", "diagnosed", "queued", "flushed", "drained", "inbox high", "inbox low", "inbox full", "too big", "reconnect",
	"pause", "resume", "shutdown", "close", "abort", "greeted",
}

var timerNames = [Timers]string{"connect", "retry", "close", "beat", "hidden"}

// say puts a command into words.
func say(c Command) string {
	switch c.Kind {
	case CommandResolve:
		return "ask where for attempt " + strconv.Itoa(c.Attempt.Number)
	case CommandForget:
		return "stop asking"
	case CommandDial:
		return "dial"
	case CommandFlush:
		return "flush"
	case CommandWatch:
		return "watch for " + strconv.Itoa(c.Mark)
	case CommandDeliver:
		return "deliver"
	case CommandThrottle:
		return "throttle"
	case CommandRelease:
		return "release"
	case CommandCloseConn:
		return "close with " + strconv.Itoa(int(c.Code))
	case CommandAbandon:
		return "abandon"
	case CommandArm:
		return timerNames[c.Timer] + " in " + c.Delay.String()
	case CommandDisarm:
		return "no " + timerNames[c.Timer]
	case CommandNotify:
		return sayNotice(c.Notice)
	case CommandPing:
		return "ping"
	case CommandExamine:
		return "examine"
	case CommandFinish:
		if c.Err != nil {
			return "finish: " + c.Err.Error()
		}
		return "finish"
	}
	return "?"
}

func sayNotice(e Notice) string {
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
		return e.Finding.Error()
	case Retrying:
		return "attempt " + strconv.Itoa(e.Attempt) + " in " + e.Delay.String()
	}
	return "?"
}

func sayAll(commands []Command) string {
	var words []string
	for _, c := range commands {
		words = append(words, say(c))
	}
	return strings.Join(words, ", ")
}

// life is a machine with the memory that its client would have.
type life struct {
	Machine
	t *testing.T
}

func newLife(t *testing.T) *life {
	l := &life{t: t}
	l.config = &Config{
		ConnectTimeout: 15 * time.Second, CloseTimeout: 5 * time.Second, Backoff: DefaultBackoff,
		Decide: decideForTest, CloseError: closeErrorForTest, StopError: stopErrorForTest,
	}
	return l
}

// happens fills in what the shell knows and takes one step.
func (l *life) happens(ev Event) []Command {
	if ev.Kind == EventResolved {
		ev.Target = &Target{URL: "ws://x"}
	} else if ev.Kind >= EventConnectTimer && ev.Kind <= EventHiddenTimer {
		ev.Timer = l.armed[ev.Kind.timer()]
		if ev.Timer == 0 {
			ev.Timer = l.lastID + 1 // what was not armed does not fire
		}
	} else if ev.Kind == EventShutdown {
		ev.Ended = &CloseInfo{Code: 4321}
	}
	if ev.Generation == 0 {
		ev.Generation = l.gen
	}
	return l.Step(&ev, nil)
}

func lost(code Code) Event {
	return Event{Kind: EventEnded, Ended: &CloseInfo{Code: code, Opened: true}, Random: 0.5}
}

func refused() Event {
	return Event{Kind: EventEnded, Ended: &CloseInfo{Code: AbnormalClosure}, Random: 0.5}
}

// after is ev so long after the beginning.
func after(d time.Duration, ev Event) Event {
	ev.Now = d
	return ev
}

func just(k EventKind) Event { return Event{Kind: k, Random: 0.5} }

// line is one exchange of a conversation.
type line struct {
	in   Event
	want string
}

// toOpen is how most conversations begin.
var toOpen = []line{
	{just(EventRun), "Connecting, connect in 15s, ask where for attempt 1"},
	{just(EventResolved), "dial"},
	{just(EventOpened), "no connect, Open, opened by attempt 1, flush"},
}

func TestConversations(t *testing.T) {
	for _, test := range []struct {
		name  string
		open  bool // begin with toOpen
		lines []line
	}{
		{"messages flow", true, []line{
			{just(EventReceived), "deliver"},
			{just(EventReceived), "deliver"},
			{just(EventQueued), "flush"},
			{just(EventFlushed), ""},
			{Event{Kind: EventFlushed, Buffered: 9}, ""},
			{Event{Kind: EventFlushed, Left: 9, Mark: 7}, "watch for 7"},
			{Event{Kind: EventFlushed, Left: 8, Mark: 7}, ""},
			{Event{Kind: EventFlushed, Left: 8, Tracked: 1, Mark: 5}, "watch for 5"},
			{just(EventDrained), "flush"},
			{Event{Kind: EventFlushed, Left: 9, Mark: 5}, "watch for 5"},
			{Event{Kind: EventFlushed, Left: 9, Mark: -1}, ""},
		}},
		{"P8: a connection that proves nothing does not reset the backoff", true, []line{
			{lost(GoingAway), "lost 1001, Waiting, retry in 500ms, attempt 2 in 500ms"},
			{just(EventRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
			{just(EventResolved), "dial"},
			{just(EventOpened), "no connect, Open, opened by attempt 2, flush"},
			{lost(AbnormalClosure), "lost 1006, Waiting, retry in 1s, attempt 3 in 1s"},
		}},
		{"P8: a server that greets and then fails is backed off", true, []line{
			{after(time.Second, lost(GoingAway)), "lost 1001, Waiting, retry in 500ms, attempt 2 in 500ms"},
			{just(EventRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
			{just(EventResolved), "dial"},
			{just(EventOpened), "no connect, Open, opened by attempt 2, flush"},
			{just(EventReceived), "deliver"},
			{after(4*time.Second, lost(AbnormalClosure)), "lost 1006, Waiting, retry in 1s, attempt 3 in 1s"},
		}},
		{"P8: a message and uptime reset the backoff", true, []line{
			{refused(), "Waiting, retry in 500ms, attempt 2 in 500ms"},
			{just(EventRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
			{just(EventResolved), "dial"},
			{just(EventOpened), "no connect, Open, opened by attempt 2, flush"},
			{just(EventReceived), "deliver"},
			{after(5*time.Second, lost(AbnormalClosure)), "lost 1006, Waiting, retry in 500ms, attempt 2 in 500ms"},
		}},
		{"P8: so does uptime alone, if it is long", true, []line{
			{refused(), "Waiting, retry in 500ms, attempt 2 in 500ms"},
			{just(EventRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
			{just(EventResolved), "dial"},
			{just(EventOpened), "no connect, Open, opened by attempt 2, flush"},
			{after(49*time.Second, lost(AbnormalClosure)), "lost 1006, Waiting, retry in 1s, attempt 3 in 1s"},
			{just(EventRetryTimer), "Connecting, connect in 15s, ask where for attempt 3"},
			{just(EventResolved), "dial"},
			{just(EventOpened), "no connect, Open, opened by attempt 3, flush"},
			{after(50*time.Second, lost(AbnormalClosure)), "lost 1006, Waiting, retry in 500ms, attempt 2 in 500ms"},
		}},
		{"P4: an attempt that never ends is abandoned, and its socket with it", false, []line{
			{just(EventRun), "Connecting, connect in 15s, ask where for attempt 1"},
			{just(EventResolved), "dial"},
			{just(EventConnectTimer), "abandon, Waiting, retry in 500ms, attempt 2 in 500ms"},
		}},
		{"P5: what an old transport reports is ignored", false, []line{
			{just(EventRun), "Connecting, connect in 15s, ask where for attempt 1"},
			{just(EventResolved), "dial"},
			{just(EventReconnect), "abandon, no connect, Connecting, connect in 15s, ask where for attempt 1"},
			{Event{Kind: EventOpened, Generation: 1}, ""},
			{Event{Kind: EventReceived, Generation: 1}, ""},
			{Event{Kind: EventEnded, Generation: 1, Ended: &CloseInfo{}}, ""},
			{Event{Kind: EventResolved, Generation: 1}, ""},
			{just(EventResolved), "dial"},
		}},
		{"P9: a refused login is not tried again", true, []line{
			{lost(4001), "lost 4001, Closed, finish: tether: stopped (4000–4099: refused by the application): connection closed: 4001"},
			{just(EventRun), ""},
		}},
		{"P12: an end is reported once", true, []line{
			{lost(AbnormalClosure), "lost 1006, Waiting, retry in 500ms, attempt 2 in 500ms"},
			{Event{Kind: EventEnded, Generation: 1, Ended: &CloseInfo{}}, ""},
		}},
		{"1012 waits as its registration asks", true, []line{
			{lost(serviceRestart), "lost 1012, Waiting, retry in 17.5s, attempt 2 in 17.5s"},
		}},
		{"reconnect cuts a wait short and starts the backoff again", true, []line{
			{lost(tryAgainLater), "lost 1013, Waiting, retry in 35s, attempt 2 in 35s"},
			{just(EventReconnect), "no retry, Connecting, connect in 15s, ask where for attempt 1"},
		}},
		{"close, answered", true, []line{
			{just(EventClose), "Closing, close with 1000, close in 5s"},
			{just(EventReceived), ""},
			{lost(NormalClosure), "no close, lost 1000, Closed, finish"},
		}},
		{"P4: close, never answered", true, []line{
			{just(EventClose), "Closing, close with 1000, close in 5s"},
			{just(EventClose), ""},
			{just(EventCloseTimer), "abandon, lost 1006, Closed, finish"},
		}},
		{"shutdown drains first", true, []line{
			{Event{Kind: EventShutdown, Left: 2}, "flush"},
			{Event{Kind: EventFlushed, Left: 2, Mark: 5}, "watch for 5"},
			{just(EventDrained), "flush"},
			{Event{Kind: EventFlushed, Buffered: 3}, "watch for 0"},
			{just(EventDrained), "flush"},
			{just(EventFlushed), "Closing, close with 4321, close in 5s"},
			{lost(4321), "no close, lost 4321, Closed, finish"},
		}},
		{"shutdown without a connection keeps trying while something is left", true, []line{
			{lost(AbnormalClosure), "lost 1006, Waiting, retry in 500ms, attempt 2 in 500ms"},
			{Event{Kind: EventShutdown, Left: 1}, ""},
			{just(EventRetryTimer), "Connecting, connect in 15s, ask where for attempt 2"},
			{just(EventAbort), "stop asking, no connect, Closed, finish"},
		}},
		{"pause and resume", true, []line{
			{just(EventPause), "Closing, close with 1000, close in 5s"},
			{lost(NormalClosure), "no close, lost 1000, Paused"},
			{just(EventReconnect), ""},
			{just(EventResume), "Connecting, connect in 15s, ask where for attempt 1"},
		}},
		{"a message that is too big stops", true, []line{
			{just(EventTooBig), "Closing, close with 1009, close in 5s"},
			{lost(MessageTooBig), "no close, lost 1009, Closed, finish: tether: stopped (1007–1010: a message was refused): connection closed: 1009: tether: message is larger than the limit"},
		}},
		{"a full inbox starts over", true, []line{
			{just(EventInboxHigh), "throttle"},
			{just(EventInboxLow), "release"},
			{just(EventInboxFull), "Closing, close with 1008, close in 5s"},
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
					t.Fatalf("line %d: %s\n got  %s\n want %s", i+1, kindNames[line.in.Kind], got, line.want)
				}
			}
		})
	}
}

func TestATimerThatFiresLateIsIgnored(t *testing.T) {
	l := newLife(t)
	l.happens(just(EventRun))
	old := l.armed[ConnectTimer]
	l.happens(just(EventReconnect))
	if got := l.Step(&Event{Kind: EventConnectTimer, Timer: old}, nil); len(got) > 0 {
		t.Error("a timer of the last attempt ended this one:", sayAll(got))
	}
}

func TestAsManyAttemptsAsAllowed(t *testing.T) {
	l := newLife(t)
	l.config.Backoff.MaxAttempts = 2
	l.happens(just(EventRun))
	l.happens(just(EventResolved))
	l.happens(refused())
	l.happens(just(EventRetryTimer))
	out := l.happens(Event{Kind: EventUnresolved, Err: errors.New("no token")})
	if got := out[len(out)-1]; got.Kind != CommandFinish || !strings.Contains(got.Err.Error(), "no token") {
		t.Error(sayAll(out))
	}
}

// TestDiagram prints the table. Look at the picture when it changes: go test ./wasm/internal/engine -run Diagram -update.
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
	opened bool       // Opened was reported and Lost was not
	page   *page      // nil: no monitors
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
		liveWithMonitors(t, p)
	}
}

func liveThrough(t *testing.T, p []byte) {
	(&world{life: newLife(t)}).through(p)
}

// through lets one byte after the other happen and ends the life.
func (w *world) through(p []byte) {
	t := w.t
	w.take(just(EventRun))
	for _, b := range p {
		w.take(w.pick(b))
	}
	w.recovers()
	w.take(just(EventAbort))
	if !w.ended || w.state != Closed {
		t.Errorf("after abort the state is %v", w.state)
	}
}

// pick turns a byte into an event that could happen now, or a stale one.
func (w *world) pick(b byte) Event {
	ev := Event{Kind: EventKind(b) % EventKinds, Random: float64(b) / 256, Left: int(b >> 6)}
	switch {
	case ev.Kind >= EventAbort || ev.Kind == EventClose && b < 200: // else every life would be short
		ev.Kind = EventResolved
	case ev.Kind == EventEnded:
		codes := []Code{1000, 1001, 1005, 1006, 1011, 1012, 4001}
		ev.Ended = &CloseInfo{Code: codes[int(b)%len(codes)], Opened: w.opened}
	case w.config.Lifecycle == nil && (ev.Kind == EventHint || ev.Kind == EventDiagnosed || ev.Kind == EventAlive):
		ev.Kind = EventQueued
	case ev.Kind == EventReceived:
		ev.Message = codec.Message{Type: codec.Text}
	}
	w.monitored(b, &ev)
	if b > 230 {
		ev.Generation = w.gen - 1
	}
	// A transport says only what it can say: it speaks while it lives, and opens once.
	if speaks := ev.Kind == EventOpened || ev.Kind == EventReceived || ev.Kind == EventEnded || ev.Kind == EventAlive; speaks && ev.Generation == 0 && !w.live {
		ev.Kind = EventQueued
	}
	return ev
}

func (w *world) take(ev Event) {
	before := w.state
	if ev.Kind == EventOpened && before == Connecting && !w.live {
		return // nothing was dialled yet
	}
	if ev.Kind == EventResolved && w.live {
		return // the endpoint answers once
	}
	var was heartbeat
	if w.pulse != nil {
		was = *w.pulse
	}
	if ev.Now == 0 {
		ev.Now = w.clock
	}
	out := w.happens(ev)
	if ev.Kind == EventEnded && ev.Generation == 0 && len(out) > 0 {
		w.live = false
	}
	w.check(before, ev, out)
	w.sound(before, was, &ev, out)
}

func (w *world) check(before State, ev Event, out []Command) {
	t := w.t
	if w.ended && len(out) > 0 {
		t.Fatalf("after the end, %s led to %s", kindNames[ev.Kind], sayAll(out))
	}
	if len(out) > 0 && !slices.Contains(table[before][ev.Kind].to, w.state) {
		t.Fatalf("%v --> %v by %s is not in the table", before, w.state, kindNames[ev.Kind])
	}
	for _, c := range out {
		w.perform(c)
	}
	needs := map[State]Timer{Connecting: ConnectTimer, Waiting: RetryTimer, Closing: CloseTimer}
	if timer, ok := needs[w.state]; ok && w.armed[timer] == 0 && !w.parked() {
		t.Fatalf("%v without the %s timer: it could last without limit (after %s)", w.state, timerNames[timer], kindNames[ev.Kind])
	}
	if w.opened != (w.state == Open || w.state == Closing) {
		t.Fatalf("%v and opened=%v: each Opened has one Lost (after %s in %v: %s)", w.state, w.opened, kindNames[ev.Kind], before, sayAll(out))
	}
}

func (w *world) perform(c Command) {
	switch c.Kind {
	case CommandDial:
		if w.live {
			w.t.Fatal("P13: two live connections")
		}
		w.live = true
	case CommandAbandon:
		if !w.live {
			w.t.Fatal("abandoned a connection that is over")
		}
		w.live = false
	case CommandFlush, CommandWatch, CommandCloseConn, CommandThrottle, CommandRelease:
		if !w.live {
			w.t.Fatalf("%s without a connection", say(c))
		}
	case CommandArm:
		if c.Delay < 0 {
			w.t.Fatal("negative delay")
		}
	case CommandNotify:
		switch c.Notice.(type) {
		case Opened:
			w.opened = true
		case Lost:
			if !w.opened {
				w.t.Fatal("Lost without Opened")
			}
			w.opened = false
		}
	case CommandFinish:
		if w.live {
			w.t.Fatal("finished with a live connection")
		}
		w.ended = true
	case CommandResolve, CommandForget, CommandDeliver, CommandDisarm, CommandPing, CommandExamine:
	}
}

package fault

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/budget"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/budgettest"
)

// These tests prove what each rule does to frames: which go in at which time, and what comes out when.

// sent is a frame and when it comes.
type sent struct {
	at    time.Duration
	wire  []byte
	masks bool
}

func text(at int, s string) sent { return plain(at, frame.Text, true, s) }

func plain(at int, op frame.Opcode, fin bool, s string) sent {
	h := frame.Header{Fin: fin, Opcode: op}
	return sent{time.Duration(at) * time.Millisecond, frame.AppendFrame(nil, h, []byte(s)), false}
}

func masked(at int, s string) sent {
	h := frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Key: [4]byte{1, 2, 3, 4}}
	return sent{time.Duration(at) * time.Millisecond, frame.AppendFrame(nil, h, []byte(s)), true}
}

// play sends frames through a shaper of a ruleset and writes what comes out, a line for each step, and the marks of each frame
// that went in, where there are any. The clock moves in steps of tick.
func play(t testing.TB, ruleset string, dir record.Dir, tick time.Duration, frames []sent, until time.Duration) string {
	t.Helper()
	d, err := Parse(ruleset)
	if err != nil {
		t.Fatal(err)
	}
	l := NewShaper(d, 1, dir)
	dec := frame.NewDecoder(frame.Config{FromClient: dir == record.Out})
	var out strings.Builder
	for now := time.Duration(0); now <= until; now += tick {
		for len(frames) > 0 && frames[0].at <= now {
			raw := frames[0].wire
			dec.Feed(raw, func(f *frame.Frame) {
				r := record.Record{Time: int64(now), Conn: 1, Dir: dir}
				r.SetFrame(f)
				if m := l.Push(frames[0].at, raw, &r); m != 0 {
					fmt.Fprintf(&out, "%v  in %s [%v]\n", frames[0].at, shown(raw), m)
				}
			})
			frames = frames[1:]
		}
		for s, ok := l.Pop(now); ok; s, ok = l.Pop(now) {
			fmt.Fprintf(&out, "%v %s\n", now, s.String())
		}
	}
	if next, more := l.Next(); more && len(l.timed) == 0 {
		fmt.Fprintf(&out, "more at %v\n", next)
	}
	return out.String()
}

// String describes a step for tests.
func (s Step) String() string {
	what := [...]string{"", "FIN", "RST", "swallow", "answer"}[s.Effect]
	if s.rate > 0 || s.sent > 0 || len(s.Bytes) > 0 && !frame.Whole(s.Bytes) && s.Shown == nil {
		return fmt.Sprintf("%x", s.Bytes)
	}
	for rest := s.Bytes; len(rest) > 0; {
		h, n := frame.ParseHeader(rest)
		size := min(len(rest), n+int(h.Length))
		what += shown(rest[:size])
		rest = rest[size:]
	}
	if s.Shown != nil {
		what += fmt.Sprintf(" [%v]", s.Marks)
	}
	return what
}

func shown(raw []byte) string {
	h, n := frame.ParseHeader(raw)
	end := ""
	if !h.Fin {
		end = "…"
	}
	if uint64(len(raw)-n) < h.Length {
		end = "✂"
	}
	return fmt.Sprintf("%v(%s)%s", h.Opcode, strings.Trim(strconv.QuoteToASCII(string(unmasked(h, raw[n:]))), `"`), end)
}

func TestWhatEachRuleDoes(t *testing.T) {
	hi := []sent{text(0, "one"), text(10, "two"), text(20, "three")}
	fragments := []sent{plain(0, frame.Text, false, "Hel"), plain(10, frame.Ping, true, "p"), plain(20, frame.Continuation, true, "lo")}
	for _, c := range []struct {
		name, ruleset string
		dir           record.Dir
		in            []sent
		want          string
	}{
		{"nothing", "", record.In, hi, "0s text(one)\n10ms text(two)\n20ms text(three)\n"},
		{
			"late", "two => delay 50ms", record.In, hi,
			"0s text(one)\n10ms  in text(two) [delayed]\n60ms text(two)\n60ms text(three)\n",
		},
		{
			"a limited link", "=> rate 100B/s", record.In, hi[:2],
			"0s  in text(one) [delayed]\n10ms  in text(two) [delayed]\n" +
				"20ms 8103\n40ms 6f6e\n50ms 65\n70ms 8103\n90ms 7477\n100ms 6f\n",
		},
		{
			"a reset cuts a frame on a limited link", "=> rate 100B/s\nafter 50ms => reset", record.In,
			[]sent{text(0, "one, and more")},
			"0s  in text(one, and more) [delayed]\n20ms 810d\n40ms 6f6e\n50ms RST\n",
		},
		{
			"the slowest of two rates, and its copies", "=> rate 1MB/s\n=> rate 150B/s\n=> duplicate", record.In,
			[]sent{text(0, "a")},
			"0s  in text(a) [delayed duplicated]\n20ms 810161\n40ms 810161\n",
		},
		{"lost", "two => drop", record.In, hi, "0s text(one)\n10ms  in text(two) [dropped]\n20ms text(three)\n"},
		{"the other direction is left alone", "dir:out => drop", record.In, hi[:1], "0s text(one)\n"},
		{
			"doubled", "one => duplicate 2", record.In, hi[:1],
			"0s  in text(one) [duplicated]\n0s text(one)\n0s text(one) [injected duplicated]\n0s text(one) [injected duplicated]\n",
		},
		{"overtaken", "one => reorder", record.In, hi, "0s  in text(one) [reordered]\n10ms text(two)\n10ms text(one)\n20ms text(three)\n"},
		{"not overtaken, it is passed on after a second", "one => reorder", record.In, hi[:1], "0s  in text(one) [reordered]\n1s text(one)\n"},
		{"corrupted at a place", "=> corrupt 1", record.In, []sent{text(0, "aaa")}, "0s  in text(aaa) [altered]\n0s text(a\\xc5a) [injected altered]\n"},
		{"a place that is not there", "=> corrupt 9", record.In, hi[:1], "0s text(one)\n"},
		{
			"truncated", "=> truncate 2", record.Out,
			[]sent{masked(0, "hello"), masked(1, "h")},
			"0s  in text(hello) [altered]\n0s text(he) [injected altered]\n10ms text(h)\n",
		},
		{
			"split", "=> split 3", record.Out,
			[]sent{masked(0, "hello")},
			"0s  in text(hello) [altered]\n0s text(he)…continuation(ll)…continuation(o) [injected altered]\n",
		},
		{"split leaves control frames whole", "=> split", record.In, fragments[1:2], "10ms ping(p)\n"},
		{
			"merged", "=> merge", record.In, fragments,
			"0s  in text(Hel)… [altered]\n10ms ping(p)\n20ms  in continuation(lo) [altered]\n20ms text(Hello) [injected altered]\n",
		},
		{
			"merged no further than the query goes", "op:text => merge", record.In, fragments,
			"0s  in text(Hel)… [altered]\n10ms ping(p)\n20ms text(Hel)… [injected altered]\n20ms continuation(lo)\n",
		},
		{"cut", "two => cut", record.In, hi[:2], "0s text(one)\n10ms  in text(two) [altered]\n10ms text(t)✂ [injected altered]\n10ms RST\n"},
		{"reset", "two => reset", record.In, hi[:2], "0s text(one)\n10ms  in text(two) [dropped]\n10ms RST\n"},
		{
			"swallowed", "two => blackhole", record.In, hi,
			"0s text(one)\n10ms  in text(two) [dropped]\n10ms swallow\n20ms  in text(three) [dropped]\n",
		},
		{
			"closed", `two => close 1012 "later"`, record.In, hi,
			"0s text(one)\n10ms  in text(two) [dropped]\n10ms close(\\x03\\xf4later) [injected]\n20ms  in text(three) [dropped]\n",
		},
		{"pinged", `every 400ms in => ping "?"`, record.In, nil, "400ms ping(?) [injected]\n800ms ping(?) [injected]\n1.2s ping(?) [injected]\n"},
		{"and not towards the server", `every 400ms in => ping "?"`, record.Out, nil, ""},
		{"finished at a time", "after 1s => finish", record.Out, nil, "1s FIN\n"},
		{"intercepted, then forwarded", "one => intercept 100ms", record.In, hi[:2], "0s  in text(one) [held]\n10ms text(two)\n100ms text(one)\n"},
		{
			"rules add up", "=> delay 10ms\n=> truncate 1", record.In,
			[]sent{text(0, "ab")},
			"0s  in text(ab) [delayed altered]\n10ms text(a) [injected altered]\n",
		},
		{"a frame that is gone sees no further rule", "=> drop\n=> duplicate", record.In, hi[:1], "0s  in text(one) [dropped]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := play(t, c.ruleset, c.dir, 10*time.Millisecond, c.in, 1200*time.Millisecond); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

// TestATimedResetCutsTheSameBytes: a reset whose owner asks for steps late loses the same bytes as one that was punctual.
func TestATimedResetCutsTheSameBytes(t *testing.T) {
	for _, tick := range []time.Duration{time.Millisecond, 10 * time.Millisecond, time.Second} {
		d, err := Parse("=> rate 100B/s\nafter 50ms => reset")
		if err != nil {
			t.Fatal(err)
		}
		l := NewShaper(d, 1, record.In)
		raw := text(0, "one, and more").wire
		l.Push(0, raw, &record.Record{Conn: 1, Kind: record.KindFrame, Header: frame.Header{Fin: true, Opcode: frame.Text}})
		var out []byte
		for now := tick; !l.Idle(); now += tick {
			drain(l, now, &out)
		}
		if !bytes.Equal(out, raw[:4]) || l.bytes != 0 {
			t.Errorf("asked every %v: %x is sent, and %d bytes are counted", tick, out, l.bytes)
		}
	}
}

func TestTheSameSeedFailsTheSameWay(t *testing.T) {
	const ruleset = "seed 7\n=> delay 1ms..90ms\n=> drop 20%\n=> corrupt 20%\n=> duplicate 10%\n=> reorder 2 10%\n=> split 3 20%\n"
	var in []sent
	for i := range 200 {
		in = append(in, text(i, fmt.Sprint("message number ", i)))
	}
	first := play(t, ruleset, record.In, time.Millisecond, in, 3*time.Second)
	for range 3 {
		if again := play(t, ruleset, record.In, time.Millisecond, in, 3*time.Second); again != first {
			t.Fatal("two runs differ")
		}
	}
	if other := play(t, strings.Replace(ruleset, "7", "8", 1), record.In, time.Millisecond, in, 3*time.Second); other == first {
		t.Error("another seed changes nothing")
	}
	for _, mark := range []string{"dropped", "altered", "duplicated", "reordered"} {
		if n := strings.Count(first, mark+"]"); n < 5 || n > 150 {
			t.Errorf("%d of 200 frames are %s", n, mark)
		}
	}
}

// TestNothingIsLostWithoutARule: frames may be delayed, reordered, intercepted, split or merged; all bytes come out in the end.
func TestNothingIsLostWithoutARule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(rapid.SampledFrom([]string{
			"=> delay 1ms..2s", "=> rate 50B/s 50%", "=> reorder 3 40%", "=> intercept 300ms 30%", "=> split 4 50%", "=> merge", "every 100ms => ping",
		}), 0, 5).Draw(t, "rules")
		d, err := Parse(fmt.Sprintf("seed %d\n%s", rapid.Uint64().Draw(t, "seed"), strings.Join(rules, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		l := NewShaper(d, 1, record.In)
		dec := frame.NewDecoder(frame.Config{})
		var in [256]int
		var out []byte
		now := time.Duration(0)
		for range rapid.IntRange(1, 40).Draw(t, "frames") {
			payload := rapid.SliceOfN(rapid.Byte(), 0, 30).Draw(t, "payload")
			op := frame.Binary
			if dec.State().InMessage {
				op = frame.Continuation
			}
			fin := rapid.Bool().Draw(t, "fin")
			raw := frame.AppendFrame(nil, frame.Header{Fin: fin, Opcode: op}, payload)
			count(&in, payload)
			now += time.Duration(rapid.IntRange(0, 50).Draw(t, "wait")) * time.Millisecond
			dec.Feed(raw, func(f *frame.Frame) {
				r := record.Record{Conn: 1, Dir: record.In}
				r.SetFrame(f)
				l.Push(now, raw, &r)
			})
			drain(l, now, &out)
		}
		l.End(now)
		drain(l, now+time.Hour, &out)
		if in != countAll(t, out) {
			t.Fatal("what came out is not what went in")
		}
	})
}

func count(n *[256]int, payload []byte) {
	for _, b := range payload {
		n[b]++
	}
}

// drain takes what is due.
func drain(l *Shaper, now time.Duration, out *[]byte) {
	for s, ok := l.Pop(now); ok; s, ok = l.Pop(now) {
		*out = append(*out, s.Bytes...)
	}
}

// countAll counts the payload bytes of data frames, of which all must be whole.
func countAll(t *rapid.T, wire []byte) (n [256]int) {
	if !frame.Whole(wire) {
		t.Fatalf("%x is not whole frames", wire)
	}
	for len(wire) > 0 {
		h, size := frame.ParseHeader(wire)
		if !h.Opcode.IsControl() {
			count(&n, wire[size:size+int(h.Length)])
		}
		wire = wire[size+int(h.Length):]
	}
	return n
}

// TestInterceptedFramesShareABudget proves that frames of all connections that wait have one limit together, that a frame without room passes and is
// marked, and that decisions make room.
func TestInterceptedFramesShareABudget(t *testing.T) {
	budgettest.Returned(t, budget.Intercepted)
	t.Cleanup(budget.Intercepted.SetLimit(10))
	refused := budget.Intercepted.Refused()
	d, _ := Parse("=> intercept")
	var shapers []*Shaper
	push := func(l *Shaper) (marks record.Marks) {
		raw := text(0, "text").wire // 6 bytes
		frame.NewDecoder(frame.Config{}).Feed(raw, func(f *frame.Frame) {
			r := record.Record{Conn: 1, Dir: record.In}
			r.SetFrame(f)
			marks = l.Push(0, raw, &r)
		})
		return marks
	}
	for n, want := range []record.Marks{record.Held, record.Exempt, record.Exempt} {
		shapers = append(shapers, NewShaper(d, uint64(n+1), record.In))
		if got := push(shapers[n]); got != want {
			t.Errorf("connection %d: %v, want %v", n+1, got, want)
		}
	}
	if err := shapers[0].Discard(1); err != nil {
		t.Fatal(err)
	}
	if got := push(shapers[2]); got != record.Held || budget.Intercepted.Refused()-refused != 2 {
		t.Errorf("after a decision: %v; %d were refused", got, budget.Intercepted.Refused()-refused)
	}
	if _, err := shapers[2].intercepts.take(1); err != nil || len(shapers[2].Intercepted()) != 0 {
		t.Errorf("%v, %v", err, shapers[2].Intercepted())
	}
}

// TestDelayedFramesShareABudget proves that a direction whose delayed frames find no room in the budget of the process takes no more until they have
// left, that no frame is lost by it, and that what left makes room for others.
func TestDelayedFramesShareABudget(t *testing.T) {
	budgettest.Returned(t, budget.Delayed)
	t.Cleanup(budget.Delayed.SetLimit(100 << 10))
	refused := budget.Delayed.Refused()
	rules, _ := Parse("=> delay 1s")
	var shapers []*Shaper
	push := func(s *Shaper) {
		raw := text(0, strings.Repeat("x", 60<<10)).wire
		frame.NewDecoder(frame.Config{}).Feed(raw, func(f *frame.Frame) {
			r := record.Record{Conn: 1, Dir: record.In}
			r.SetFrame(f)
			s.Push(0, raw, &r)
		})
	}
	for n := range 3 {
		s := NewShaper(rules, uint64(n+1), record.In)
		shapers = append(shapers, s)
		push(s)
		if s.Full() {
			t.Errorf("direction %d is full with one frame", n)
		}
		push(s)
		if full := s.Full(); full != (n > 0) {
			t.Errorf("direction %d: full is %t", n, full)
		}
	}
	if budget.Delayed.Refused()-refused != 2 {
		t.Errorf("%d were refused", budget.Delayed.Refused()-refused)
	}
	for n, s := range shapers {
		for left := 0; left < 2; left++ {
			if step, ok := s.Pop(time.Second); !ok || len(step.Bytes) < 60<<10 || s.Full() {
				t.Fatalf("direction %d: frame %d: %t, %d bytes; full is %t", n, left, ok, len(step.Bytes), s.Full())
			}
		}
	}
	if push(shapers[2]); budget.Delayed.Used() != 0 || shapers[2].Full() {
		t.Errorf("%d bytes are taken", budget.Delayed.Used())
	}
	if push(shapers[2]); shapers[2].Full() {
		t.Error("there is no room although all frames have left")
	}
}

func TestAnInterceptedFrameIsResolvedOnce(t *testing.T) {
	d, _ := Parse("=> intercept")
	l := NewShaper(d, 1, record.In)
	dec := frame.NewDecoder(frame.Config{})
	for _, s := range []string{"a", "b", "c"} {
		raw := text(0, s).wire
		dec.Feed(raw, func(f *frame.Frame) {
			r := record.Record{Conn: 1, Dir: record.In}
			r.SetFrame(f)
			l.Push(0, raw, &r)
		})
	}
	if list := l.Intercepted(); len(list) != 3 || list[1].ID != 2 || !bytes.Equal(list[1].Bytes, text(0, "b").wire) {
		t.Fatalf("intercepted: %+v", list)
	}
	instead := text(0, "B").wire
	for _, err := range []error{l.Replace(time.Second, 2, instead), l.Discard(1), l.Forward(2*time.Second, 3)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{l.Replace(0, 2, instead), l.Discard(1), l.Forward(0, 3), l.Forward(0, 99)} {
		if !errors.Is(err, ErrNotIntercepted) {
			t.Errorf("resolved again: %v", err)
		}
	}
	var got []string
	for s, ok := l.Pop(time.Hour); ok; s, ok = l.Pop(time.Hour) {
		got = append(got, s.String())
	}
	if want := "text(B) [injected edited],text(c)"; strings.Join(got, ",") != want || !l.Idle() {
		t.Errorf("%q, want %s", got, want)
	}
}

func TestAShaperIsBounded(t *testing.T) {
	d, _ := Parse("=> delay 1h")
	for _, size := range []int{0, 60_000} {
		l := NewShaper(d, 1, record.In)
		raw := text(0, strings.Repeat("x", size)).wire
		pushed := 0
		for ; !l.Full(); pushed++ {
			l.Push(0, raw, &record.Record{Conn: 1, Kind: record.KindFrame, Dir: record.In, Header: frame.Header{Fin: true, Opcode: frame.Text}})
		}
		if pushed > maxSteps || pushed*len(raw) > maxBytes+len(raw) {
			t.Errorf("%d frames of %d bytes wait", pushed, len(raw))
		}
		for more := true; more; {
			_, more = l.Pop(2 * time.Hour)
		}
		if l.Full() || !l.Idle() || l.bytes != 0 {
			t.Errorf("emptied, it still counts %d bytes", l.bytes)
		}
	}
}

func TestHandshakes(t *testing.T) {
	for _, c := range []struct {
		ruleset string
		age     time.Duration
		want    HandshakeEffect
	}{
		{"=> drop", 0, HandshakeEffect{}},
		{"handshake => refuse 401", 0, HandshakeEffect{Status: 401}},
		{"handshake => delay 2s\nhandshake => refuse", 0, HandshakeEffect{Delay: 2 * time.Second, Status: 503}},
		{"handshake => reset", 0, HandshakeEffect{Reset: true}},
		{"handshake => redirect api\nhandshake => header X-Y z", 0, HandshakeEffect{
			Redirect: "api", Request: []Field{{"X-Y", "z"}}, Response: []Field{{"X-Y", "z"}},
		}},
		{"handshake in => header A \"b #\" # c\nhandshake out => header C", 0, HandshakeEffect{Request: []Field{{"C", ""}}, Response: []Field{{"A", "b #"}}}},
		{"handshake => blackhole", 0, HandshakeEffect{Blackhole: true}},
		{"=> flap 20s 5s", 19 * time.Second, HandshakeEffect{}},
		{"=> flap 20s 5s", 21 * time.Second, HandshakeEffect{Status: 503}},
		{"=> flap 20s 5s", 26 * time.Second, HandshakeEffect{}},
	} {
		d, err := Parse(c.ruleset)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Handshake(1, c.age); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q after %v: %+v, want %+v", c.ruleset, c.age, got, c.want)
		}
	}
	d, _ := Parse("seed 3\nhandshake => refuse 503 50%")
	refused := 0
	for n := range 1000 {
		if w := d.Handshake(uint64(n), 0); !reflect.DeepEqual(w, d.Handshake(uint64(n), time.Hour)) {
			t.Fatal("the same handshake is treated in two ways")
		} else if w.Status != 0 {
			refused++
		}
	}
	if refused < 400 || refused > 600 {
		t.Errorf("%d of 1000 are refused", refused)
	}
}

func TestAFlappingNetworkGoesDownAgainAndAgain(t *testing.T) {
	d, _ := Parse("=> flap 20s 5s")
	for age, want := range map[time.Duration]time.Duration{
		0: 20 * time.Second, 19 * time.Second: 20 * time.Second,
		20 * time.Second: 45 * time.Second, 44 * time.Second: 45 * time.Second, time.Hour: time.Hour + 20*time.Second,
	} {
		if got := d.Down(age); got != want {
			t.Errorf("after %v it goes down at %v, want %v", age, got, want)
		}
	}
	if none, _ := Parse("=> drop"); none.Down(0) != 0 {
		t.Error("without flap the network goes down")
	}
}

package script

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/rewrite"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// patient are limits for a machine that is busy: only what a test is about is small.
func patient() Limits {
	l := DefaultLimits
	l.Message, l.Start, l.Pause, l.Poll = await.Limit/2, await.Limit, time.Millisecond, time.Millisecond
	l.Steps = 200_000
	return l
}

// written writes a script.
func written(t testing.TB, source string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "a.star")
	rewritten(t, name, source)
	return name
}

// rewritten replaces a file at once, as editors do.
func rewritten(t testing.TB, name, source string) {
	t.Helper()
	if err := errors.Join(os.WriteFile(name+".new", []byte(source), 0o600), os.Rename(name+".new", name)); err != nil {
		t.Fatal(err)
	}
}

func opened(t *testing.T, source string, change func(*Options)) *Script {
	t.Helper()
	o := Options{File: written(t, source), Limits: patient()}
	if change != nil {
		change(&o)
	}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func text(s string) *fault.ScriptMessage {
	return &fault.ScriptMessage{
		Message: rewrite.Message{Text: true, Payload: []byte(s)}, Conn: 7, Dir: record.In, Number: 3,
		Called: record.Words{Path: "/ws?x=1\napi", Host: "example.com"},
	}
}

// said returns what becomes of a message, in words.
func said(r fault.ScriptResult, err error) string {
	var words []string
	if !r.Changed {
		words = append(words, "pass")
	}
	for _, m := range r.Messages {
		kind := "binary "
		if m.Text {
			kind = "text "
		}
		words = append(words, kind+string(m.Payload))
	}
	for _, a := range r.Answers {
		words = append(words, "answer "+a)
	}
	if r.Close != nil {
		words = append(words, "close "+r.Close.Reason)
	}
	if r.Changed && len(words) == 0 {
		words = append(words, "drop")
	}
	if err != nil {
		words = append(words, "error "+err.Error())
	}
	return strings.Join(words, ", ")
}

// TestWhatAScriptReturns proves what becomes of a message for each value that a script may return, and the errors for all others.
func TestWhatAScriptReturns(t *testing.T) {
	s := opened(t, `
def message(m):
    if m.text == "state":
        state["n"] = state.get("n", 0) + 1
        return str(state["n"])
    if m.text == "names":
        return " ".join([m.dir, m.type, m.path, m.host, m.target, str(m.conn), str(m.number)])
    if m.text == "json":
        return json.encode({"a": json.decode("[1]")})
    return {
        "none": None, "self": m, "same": "same", "list of self": [m], "other": "new", "bytes": b"\xff", "drop": drop, "no messages": [],
        "two": [m, "x", b"y"], "close": close(4001, "bye"), "answer": answer("pong"), "both": (m, answer("pong")), "number": 1,
        "in list": [["x"]], "utf": "a" + "\u00e9"[:1],
        "many": ["x"] * 101, "large": "x" * (9 << 20), "large list": ["x" * (1 << 20)] * 9,
    }[m.text]
`, nil)
	for in, want := range map[string]string{
		"none": "pass", "self": "pass", "same": "pass", "list of self": "pass", "other": "text new", "bytes": "binary \xff", "drop": "drop",
		"no messages": "drop", "two": "text two, text x, binary y", "close": "close bye", "answer": "answer pong", "both": "text both, answer pong",
		"json": `text {"a":[1]}`, "names": "text in text /ws?x=1 example.com api 7 3",
		"number":     "pass, error a.star:2:1: message returned a value of type int: want None, text",
		"in list":    "pass, error a.star:2:1: message returned a value of type list",
		"utf":        "pass, error a.star:2:1: message returned a text that is not UTF-8",
		"many":       "pass, error a.star:2:1: message returned 101 messages: at most 100",
		"large":      "pass, error a.star:2:1: message returned more than 8 MiB",
		"large list": "pass, error a.star:2:1: message returned more than 8 MiB",
		"unknown":    "pass, error a.star:", // a key that is not there
	} {
		if got := said(s.Message(text(in))); got != want && (!strings.Contains(want, "error") || !strings.HasPrefix(got, want)) {
			t.Errorf("%s: %.200q, want %q", in, got, want)
		}
	}
	if a, b := said(s.Message(text("state"))), said(s.Message(text("state"))); a != "text 1" || b != "text 2" {
		t.Errorf("state: %q, %q", a, b)
	}
	if now := s.Status(); now.Restarts != 0 || now.Failed != 7 {
		t.Errorf("%d restarts, %d failed", now.Restarts, now.Failed)
	}
}

// TestAScriptThatReturnsItsMessageChangesNothing proves that any text and any bytes pass a script as they are, invalid ones included.
func TestAScriptThatReturnsItsMessageChangesNothing(t *testing.T) {
	s := opened(t, "def message(m):\n    return [m.data]", nil)
	rapid.Check(t, func(t *rapid.T) {
		m := text(string(rapid.SliceOf(rapid.Byte()).Draw(t, "payload")))
		m.Text = rapid.Bool().Draw(t, "text")
		if got := said(s.Message(m)); got != "pass" {
			t.Fatalf("%q", got)
		}
	})
}

// TestWrongScripts proves that a script with an error is refused with its place, and that it finds nothing of the machine it runs on.
func TestWrongScripts(t *testing.T) {
	const ok = "\ndef message(m):\n    pass\n"
	for source, want := range map[string]string{
		"def message(m)":                         "a.star:1:15: got end of file, want ':'",
		"x = y" + ok:                             "a.star:1:5: undefined: y",
		"x = 1 // 0" + ok:                        "a.star:1:7: floored division by zero",
		"def f():\n    return f()\nx = f()" + ok: "a.star:2:12: function f called recursively",
		"x = 1":                                  "a.star: there is no function message",
		"def message():\n    pass":               "a.star:1:1: message takes one argument",
		`load("b.star", "x")` + ok:               "a.star:1:1: cannot load b.star: a script is one file",
		`x = open("/etc/passwd")` + ok:           "a.star:1:5: undefined: open",
		"import os" + ok:                         "a.star:1:1: got import, want primary expression",
		"x = environ" + ok:                       "a.star:1:5: undefined: environ",
		"while True:\n    pass" + ok:             "a.star:1:1: Starlark computation cancelled: more than 200000 steps",
		"x = \"\xff\"" + ok:                      "a.star: the script is not UTF-8",
		"x = " + strings.Repeat("(", 500_000):    "a.star:1:82: excessive nesting",
		"x = [0] * (1 << 27)" + ok:               "more than 256 MiB of memory",
		"close(1005)" + ok:                       "a.star:1:6: close: 1005 cannot be sent",
		"close(reason = \"x\" * 124)" + ok:       "the reason is longer than 123 bytes",
		"answer(\"\u00e9\"[:1])" + ok:            "the text is not UTF-8",
		"x = close\nx.y" + ok:                    "a.star:2:2: builtin_function_or_method has no .y field or method",
	} {
		s, err := Open(t.Context(), Options{File: written(t, source), Limits: patient()})
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", source, err, want)
		}
	}
	if _, err := Open(t.Context(), Options{File: filepath.Join(t.TempDir(), "none.star")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := Open(t.Context(), Options{File: t.TempDir()}); err == nil {
		t.Error("a folder is a script")
	}
}

// TestAScriptIsBounded proves that bombs of each kind cost one message and not the program: the message passes, the reason is said, and the
// next message is decided by the script again.
func TestAScriptIsBounded(t *testing.T) {
	s := opened(t, `
def deep(n):
    return [deep(n - 1)]

def message(m):
    if m.text == "steps":
        while True:
            pass
    if m.text == "memory":
        return "x" * 1000000000
    if m.text == "list":
        return list(range(100000000))
    if m.text == "growing":
        x = ["x" * 1000]
        while True:
            x = x + x
    if m.text == "recursion":
        return deep(100000)
    if m.text == "nesting":
        return json.encode(json.decode("[" * 4000000))
    if m.text == "print":
        for i in range(1000):
            print("x" * 100000)
    return "ok"
`, nil)
	for in, want := range map[string]string{
		"steps":     "more than 200000 steps",
		"memory":    "more than 256 MiB of memory",
		"list":      "more than 256 MiB of memory",
		"growing":   "of memory",
		"recursion": "a.star:3:13: function deep called recursively",
		"nesting":   "nests too deeply",
	} {
		if got := said(s.Message(text(in))); !strings.HasPrefix(got, "pass, error ") || !strings.Contains(got, want) {
			t.Errorf("%s: %.200q, want %q", in, got, want)
		}
		await.Until(t, "the worker after "+in, func() bool { return said(s.Message(text("x"))) == "text ok" })
	}
	if got := said(s.Message(text("print"))); got != "text ok" {
		t.Errorf("print: %q", got)
	}
	now := s.Status()
	size := 0
	for _, line := range now.Lines {
		size += len(line)
	}
	if len(now.Lines) > maxLines || size > maxLines*4<<10 || now.Lost < 900 {
		t.Errorf("%d lines with %d bytes are kept, %d lost", len(now.Lines), size, now.Lost)
	}
	if now.Restarts < 3 {
		t.Errorf("%d restarts", now.Restarts)
	}
}

// TestAScriptThatDoesNotAnswer proves that a message waits no longer than its limit, that its worker is ended and another one started, and that
// a strict script closes the connection.
func TestAScriptThatDoesNotAnswer(t *testing.T) {
	const slow = `
def message(m):
    if m.text == "slow":
        for i in range(1000000000):
            pass
    return "ok"
`
	for _, strict := range []bool{false, true} {
		s := opened(t, slow, func(o *Options) {
			o.Strict, o.Limits.Steps = strict, 1<<62
		})
		s.opts.Limits.Message = time.Millisecond
		want := "pass, error " + ErrLate.Error()
		if strict {
			want = "close the script of the proxy failed, error " + ErrLate.Error()
		}
		await.Until(t, "a message that was at the worker", func() bool { // on a busy machine the first may not have come to it
			got := said(s.Message(text("slow")))
			if got != want && !strings.HasSuffix(got, ErrDown.Error()) {
				t.Fatalf("%q, want %q", got, want)
			}
			return s.Status().Restarts > 0
		})
	}
}

// TestReload proves that a script that was saved takes effect, that one with an error does not and says where, and that no message misses a script
// meanwhile.
func TestReload(t *testing.T) {
	lines := make(chan string, 1000)
	s := opened(t, "def message(m):\n    return \"one\"", func(o *Options) { o.Log = func(_ uint32, line string) { lines <- line } })
	until := func(want string) {
		t.Helper()
		for line := ""; !strings.Contains(line, want); {
			line = await.Receive(t, lines)
		}
	}
	rewritten(t, s.opts.File, "def message(m):\n    return two")
	until("error: a.star:2:12: undefined: two (the script before stays)")
	if got := said(s.Message(text("x"))); got != "text one" || s.Status().Problem == "" {
		t.Errorf("after an error: %q, %+v", got, s.Status())
	}
	stop, passed := make(chan struct{}), make(chan []string)
	go func() {
		var all []string
		for {
			select {
			case <-stop:
				passed <- all
				return
			default:
				all = append(all, said(s.Message(text("x"))))
			}
		}
	}()
	rewritten(t, s.opts.File, "print(\"a\\x1b\")\ndef message(m):\n    return \"two\"")
	until(`print: "a\x1b"`)
	until("a.star was loaded again")
	close(stop)
	if all := slices.Compact(await.Receive(t, passed)); strings.Join(all, " ") != "text one text two" && strings.Join(all, " ") != "text one" && strings.Join(all, " ") != "text two" {
		t.Errorf("while the script was saved: %q", all)
	}
	if got := said(s.Message(text("x"))); got != "text two" || s.Status().Problem != "" || s.Status().Failed != 0 {
		t.Errorf("after the reload: %q, %+v", got, s.Status())
	}
}

// TestManyMessagesAtOnce proves that no more messages wait for a script than may, that all others are decided, each as its own, and that after
// Close messages pass.
func TestManyMessagesAtOnce(t *testing.T) {
	s := opened(t, "def message(m):\n    return m.text + \"!\"", nil)
	var all sync.WaitGroup
	for i := range 500 {
		in := strings.Repeat("x", i)
		all.Go(func() {
			if got := said(s.Message(text(in))); got != "text "+in+"!" && !strings.HasSuffix(got, ErrBusy.Error()) {
				t.Errorf("%q", got)
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	await.Closed(t, done)
	if s.waiting.Load() != 0 {
		t.Errorf("%d messages wait", s.waiting.Load())
	}
	if _, err := s.Message(&fault.ScriptMessage{Message: rewrite.Message{Payload: make([]byte, 9<<20)}}); !errors.Is(err, ErrLong) {
		t.Errorf("a long message: %v", err)
	}
	s.Close()
	if got := said(s.Message(text("x"))); !strings.HasPrefix(got, "pass, error") {
		t.Errorf("after Close: %q", got)
	}
}

// TestPausesGrow proves how long a worker that ends again and again is not started.
func TestPausesGrow(t *testing.T) {
	for ends, want := range map[int]time.Duration{1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 4: 800 * time.Millisecond, 8: maxPause, 1000: maxPause} {
		if got := pause(DefaultLimits.Pause, ends); got != want {
			t.Errorf("after %d ends: %v, want %v", ends, got, want)
		}
	}
}

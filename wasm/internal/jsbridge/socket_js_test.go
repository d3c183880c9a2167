package jsbridge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall/js"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// These tests prove, in a real browser, that both kinds of socket hand over every message in order and unchanged, that
// the end of a connection always arrives last and exactly once, that an abandoned socket is gone on the server too, and
// that nothing of a socket remains after its end. They run under internal/test/browsertest, which loads static/bridge.js.

// log is a handler that keeps what is reported to it.
type log struct {
	mu       sync.Mutex
	lines    []string
	messages [][]byte
	closed   bool
	changed  chan struct{}
}

func newLog() *log { return &log{changed: make(chan struct{}, 1)} }

func (l *log) add(line string) {
	l.lines = append(l.lines, line)
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

func (l *log) Opened(subprotocol, extensions string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(fmt.Sprintf("opened %q %q", subprotocol, extensions))
}

func (l *log) Received(text bool, p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.messages = append(l.messages, p)
	l.add(fmt.Sprintf("received %v %d", text, len(p)))
}

func (l *log) Drained() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add("drained")
}

func (l *log) Closed(code uint16, reason string, clean bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.add(fmt.Sprintf("closed %d %q %v", code, reason, clean))
}

// wait waits until cond, called with the lock held, is true.
func (l *log) wait(t *testing.T, cond func() bool) {
	t.Helper()
	limit := time.After(2 * time.Minute)
	for {
		l.mu.Lock()
		ok := cond()
		l.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-l.changed:
		case <-limit:
			l.mu.Lock()
			defer l.mu.Unlock()
			t.Fatalf("waited in vain; so far %q", l.lines[max(0, len(l.lines)-10):])
		}
	}
}

func (l *log) waitOpen(t *testing.T) {
	t.Helper()
	l.wait(t, func() bool { return len(l.lines) > 0 })
	if !strings.HasPrefix(l.lines[0], "opened") {
		t.Fatalf("first event %q, want opened", l.lines[0])
	}
}

func (l *log) waitClosed(t *testing.T) { t.Helper(); l.wait(t, func() bool { return l.closed }) }

func (l *log) last() string { return l.lines[len(l.lines)-1] }

// both runs a test with each kind of socket.
func both(t *testing.T, f func(t *testing.T, dial DialFunc)) {
	if !Bridged() {
		t.Fatal("the page has no bridge: run with browsertest -bridge")
	}
	t.Run("bridge", func(t *testing.T) { f(t, DialBridge) })
	t.Run("plain", func(t *testing.T) { f(t, DialPlain) })
}

func open(t *testing.T, dial DialFunc, path string) (Socket, *log) {
	t.Helper()
	l := newLog()
	s, err := dial(os.Getenv("WS_TEST_URL")+path, nil, l)
	if err != nil {
		t.Fatal(err)
	}
	return s, l
}

// stats asks the test server what it saw of the connections with a key.
type stats struct {
	Attempts, Accepted, Live, Ended, Messages int
	Closes                                    []struct {
		Code   int
		Reason string
	}
}

func serverStats(t *testing.T, key string) (s stats) {
	t.Helper()
	if err := json.Unmarshal([]byte(request(t, "/stats?key="+key)), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// request asks the server and returns its answer.
func request(t *testing.T, path string) string {
	t.Helper()
	answer := resolved(t, js.Global().Call("fetch", strings.Replace(os.Getenv("WS_TEST_URL"), "ws", "http", 1)+path))
	return resolved(t, answer.Call("text")).String()
}

func resolved(t *testing.T, promise js.Value) js.Value {
	t.Helper()
	result := make(chan js.Value, 1)
	f := js.FuncOf(func(_ js.Value, args []js.Value) any { result <- args[0]; return nil })
	defer f.Release()
	promise.Call("then", f, f)
	return await.Receive(t, result)
}

// eventually polls the server's statistics, because what it sees of an end takes a moment.
func eventually(t *testing.T, key string, ok func(stats) bool) stats {
	t.Helper()
	for deadline := time.Now().Add(await.Limit); ; time.Sleep(20 * time.Millisecond) {
		s := serverStats(t, key)
		if ok(s) {
			return s
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server saw %+v", s)
		}
	}
}

// P20: text and binary, in whatever mix, come in order, because nothing is ever a Blob.
func TestEveryMessageComesBackUnchangedAndInOrder(t *testing.T) {
	texts := []string{
		"", "a", "Hello", "é", "日本語", "😀", "\uFEFFmark first", "\x00", strings.Repeat("x", 128), strings.Repeat("x", 255) + "é",
		strings.Repeat("x", 256), strings.Repeat("x", 257), strings.Repeat("😀é", 5000),
		strings.Repeat("y", inboxSize-1), strings.Repeat("é", inboxSize), strings.Repeat("日本", inboxSize/2+1), strings.Repeat("z", 3<<20),
	}
	binaries := []int{0, 1, 2, 3, 4, 5, 127, 65536, inboxSize - int(headSize) - 1, inboxSize - int(headSize), inboxSize, inboxSize + 1, 3<<20 + 1}
	both(t, func(t *testing.T, dial DialFunc) {
		s, l := open(t, dial, "/echo")
		l.waitOpen(t)
		var want [][]byte
		for _, text := range texts {
			want = append(want, []byte(text))
			if _, ok := s.Send(true, []byte(text)); !ok {
				t.Fatal("text not sent")
			}
		}
		for _, n := range binaries {
			b := make([]byte, n)
			for i := range b {
				b[i] = byte(i * 7)
			}
			want = append(want, bytes.Clone(b))
			if _, ok := s.Send(false, b); !ok {
				t.Fatal("binary not sent")
			}
			clear(b) // Send must not keep it
		}
		l.wait(t, func() bool { return len(l.messages) == len(want) })
		for i := range want {
			if kind := fmt.Sprintf("received %v %d", i < len(texts), len(want[i])); l.lines[i+1] != kind || !bytes.Equal(l.messages[i], want[i]) {
				t.Errorf("message %d: %s (%.20q…), want %s (%.20q…)", i, l.lines[i+1], l.messages[i], kind, want[i])
			}
		}
		s.Close(1000, "")
		l.waitClosed(t)
	})
}

func TestNothingBeforeTheCloseIsLost(t *testing.T) {
	both(t, func(t *testing.T, dial DialFunc) {
		for range 60 {
			_, l := open(t, dial, "/close?n=5&code=4001&reason=token+expired+%E2%82%AC")
			l.waitClosed(t)
			if got := string(bytes.Join(l.messages, []byte(" "))); got != "0 1 2 3 4" || len(l.lines) != 7 {
				t.Fatalf("messages %q, events %q", got, l.lines)
			}
			if want := `closed 4001 "token expired €" true`; l.last() != want {
				t.Fatalf("end %s, want %s", l.last(), want)
			}
		}
	})
}

func TestEndsOfAllKindsAreReportedOnce(t *testing.T) {
	for path, want := range map[string]string{
		"/close?code=1000&reason=done":   `closed 1000 "done" true`,
		"/close?code=0":                  `closed 1005 "" true`,
		"/close?code=1012&reason=deploy": `closed 1012 "deploy" true`,
		"/drop?n=1":                      `closed 1006 "" false`,
		"/drop?rst=1":                    `closed 1006 "" false`,
		"/refuse?status=401":             `closed 1006 "" false`,
		"/bad-accept":                    `closed 1006 "" false`,
		"/plain":                         `closed 1006 "" false`,
		"/badframe?n=1":                  `closed 1006 `,
	} {
		both(t, func(t *testing.T, dial DialFunc) {
			s, l := open(t, dial, path)
			l.waitClosed(t)
			if !strings.HasPrefix(l.last(), want) {
				t.Errorf("%s ended with %s, want %s", path, l.last(), want)
			}
			if _, ok := s.Send(true, nil); ok || s.BufferedAmount() != 0 {
				t.Errorf("%s: a closed socket took a message", path)
			}
			s.Close(1000, "") // no effect, no exception
			s.Abandon()
		})
	}
}

// TestAnErrorWithoutACloseIsAnEnd: Node reports a failed attempt so, and a browser one that the page's policy forbids.
func TestAnErrorWithoutACloseIsAnEnd(t *testing.T) {
	both(t, func(t *testing.T, dial DialFunc) {
		global := js.Global()
		browsers := global.Get("WebSocket")
		defer global.Set("WebSocket", browsers)
		socket := global.Get("Object").New()
		socket.Set("readyState", readyStateConnecting)
		socket.Set("bufferedAmount", 0)
		construct := js.FuncOf(func(js.Value, []js.Value) any { return socket })
		defer construct.Release()
		global.Set("WebSocket", construct)
		l := newLog()
		if _, err := dial("ws://nowhere", nil, l); err != nil {
			t.Fatal(err)
		}
		socket.Set("readyState", readyStateClosed)
		socket.Call("onerror", js.Null())
		l.waitClosed(t)
		if want := `closed 1006 "" false`; l.last() != want {
			t.Errorf("ended with %s, want %s", l.last(), want)
		}
	})
}

// P23: no callback of the browser waits for anything.
func TestAnInvalidFrameDuringTheCloseKillsNothing(t *testing.T) {
	both(t, func(t *testing.T, dial DialFunc) {
		for range 10 {
			s, l := open(t, dial, "/badframe-on-close")
			l.waitOpen(t)
			s.Close(1000, "bye")
			l.waitClosed(t)
		}
	})
}

func TestTheBrowsersRefusalIsAnError(t *testing.T) {
	both(t, func(t *testing.T, dial DialFunc) {
		l := newLog()
		for _, target := range []struct{ url, subprotocol string }{{"ws://[", ""}, {"ftp://x", ""}, {"ws://h/#f", ""}, {"ws://h/", "not a token"}} {
			var offered []string
			if target.subprotocol != "" {
				offered = []string{target.subprotocol}
			}
			if _, err := dial(target.url, offered, l); err == nil || err.Error() == "" {
				t.Errorf("%v gave error %v", target, err)
			}
		}
		time.Sleep(50 * time.Millisecond)
		if len(l.lines) != 0 {
			t.Errorf("events %q of sockets that never were", l.lines)
		}
	})
}

func TestSubprotocolIsNegotiated(t *testing.T) {
	both(t, func(t *testing.T, dial DialFunc) {
		l := newLog()
		s, err := dial(os.Getenv("WS_TEST_URL")+"/echo?protocol=b", []string{"a", "b"}, l)
		if err != nil {
			t.Fatal(err)
		}
		l.waitOpen(t)
		if l.lines[0] != `opened "b" ""` {
			t.Errorf("%s, want subprotocol b", l.lines[0])
		}
		s.Abandon()
	})
}

func TestAnAbandonedAttemptLeavesNothingOnTheServer(t *testing.T) {
	both(t, func(t *testing.T, dial DialFunc) {
		key := strings.ReplaceAll(t.Name(), "/", "-")
		s, l := open(t, dial, "/slow-accept?ask=1&key="+key)
		eventually(t, key, func(s stats) bool { return s.Attempts == 1 })
		s.Abandon()
		request(t, "/release?key="+key)
		eventually(t, key, func(s stats) bool { return s.Ended == 1 && s.Live == 0 })
		if len(l.lines) != 0 {
			t.Errorf("events %q", l.lines)
		}
	})
}

func TestAnAbandonedSocketIsSilentAndGone(t *testing.T) {
	both(t, func(t *testing.T, dial DialFunc) {
		key := strings.ReplaceAll(t.Name(), "/", "-")
		s, l := open(t, dial, "/push?n=100000&size=128&key="+key)
		l.wait(t, func() bool { return len(l.messages) > 10 })
		s.Abandon()
		l.mu.Lock()
		n := len(l.lines)
		l.mu.Unlock()
		eventually(t, key, func(s stats) bool { return s.Live == 0 })
		if len(l.lines) != n {
			t.Errorf("%d events after Abandon", len(l.lines)-n)
		}
	})
}

func TestBufferedAmountCountsBytes(t *testing.T) {
	both(t, func(t *testing.T, dial DialFunc) {
		s, l := open(t, dial, "/echo")
		l.waitOpen(t)
		n, _ := s.Send(true, []byte(strings.Repeat("é", 1000)))
		if got := s.BufferedAmount(); got != 2000 || n != 2000 {
			t.Errorf("%d bytes buffered, want 2000", got)
		}
		s.Abandon()
	})
}

// A full socket is watched without Go: the program sleeps until there is room, and is notified once.
func TestDrainedIsReportedOnceAndNothingIsWokenBefore(t *testing.T) {
	both(t, func(t *testing.T, dial DialFunc) {
		key := strings.ReplaceAll(t.Name(), "/", "-")
		s, l := open(t, dial, "/late?ask=1&key="+key)
		l.waitOpen(t)
		const size, mark = 16 << 20, 1 << 20 // more than all buffers on the way hold
		if n, ok := s.Send(false, make([]byte, size)); !ok || n != size {
			t.Fatalf("%d bytes buffered, %v", n, ok)
		}
		nap := func() int { // how often the program is woken while it sleeps: its own timers do, too
			before := resumed(t)
			time.Sleep(300 * time.Millisecond)
			return resumed(t) - before
		}
		idle := nap()
		s.Watch(mark) // eight looks and more in the same time
		if woken := nap(); woken > idle+4 && strings.HasSuffix(t.Name(), "bridge") {
			t.Errorf("the program was woken %d times while nothing moved, and %d times without a watch", woken, idle)
		}
		request(t, "/release?key="+key)
		l.wait(t, func() bool { return l.last() == "drained" })
		if left := s.BufferedAmount(); left > mark {
			t.Errorf("%d bytes are buffered, want at most %d", left, mark)
		}
		s.Watch(mark) // is so already: reported again, but not before Watch has returned
		l.wait(t, func() bool { return len(l.lines) == 3 })
		s.Watch(0)
		s.Abandon()
		time.Sleep(100 * time.Millisecond)
		if len(l.lines) != 3 {
			t.Errorf("reported %q, want no more than opened, drained, drained", l.lines)
		}
	})
}

// resumed returns how often Go was entered. It counts from its first call on.
func resumed(t *testing.T) int {
	t.Helper()
	return js.Global().Call("eval", `(() => {
		const p = Go.prototype;
		if (!p.counting) {
			const resume = p._resume;
			p.counting = { n: 0 };
			p._resume = function () { p.counting.n++; return resume.call(this); };
		}
		return p.counting.n;
	})()`).Int()
}

// A garbage collection that starts at the worst moment must not lose or damage a message.
//
// P19: what is sent and received is never a view of memory that moves.
func TestMessagesSurviveConstantGarbageCollection(t *testing.T) {
	both(t, func(t *testing.T, dial DialFunc) {
		const n = 20000
		defer debug.SetGCPercent(debug.SetGCPercent(2))
		var m0, m1 runtime.MemStats
		runtime.ReadMemStats(&m0)
		l := &wasteful{log: newLog()}
		if _, err := dial(fmt.Sprintf("%s/push?n=%d&size=128", os.Getenv("WS_TEST_URL"), n), nil, l); err != nil {
			t.Fatal(err)
		}
		l.wait(t, func() bool { return len(l.messages) == n })
		runtime.ReadMemStats(&m1)
		if cycles := m1.NumGC - m0.NumGC; cycles < 20 {
			t.Errorf("only %d collections: nothing was tried", cycles)
		}
		want := bytes.Repeat([]byte{'x'}, 128)
		for i, m := range l.messages {
			if !bytes.Equal(m, want) {
				t.Fatalf("message %d is %q", i, m)
			}
		}
	})
}

// wasteful makes garbage with each message.
type wasteful struct {
	*log
	garbage []byte
}

func (w *wasteful) Received(text bool, p []byte) {
	w.garbage = make([]byte, 8192)
	w.log.Received(text, p)
}

//go:build !js

package main_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/server"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// assets are the hand-written files as they are, and in dist what this test has built.
type assets struct{}

func (assets) Open(name string) (fs.File, error) {
	if made, ok := strings.CutPrefix(name, "dist/"); ok {
		return os.DirFS(built).Open(made)
	}
	return os.DirFS(static).Open(name)
}

// running is a real development server that can be stopped and started again on the same address.
type running struct {
	t    *testing.T
	addr string
	stop func()
}

func newServer(t *testing.T) *running {
	t.Helper()
	s := &running{t: t, addr: "127.0.0.1:0"}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *running) start() {
	s.t.Helper()
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.addr = l.Addr().String()
	d, err := server.New(server.Config{Addr: s.addr, Assets: assets{}})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = d.Serve(ctx, l)
	}()
	s.stop = func() {
		cancel()
		await.Closed(s.t, done)
	}
}

// console is the console page, connected.
func (s *running) console() *chrome.Page {
	s.t.Helper()
	p := chrome.Open(s.t, chrome.New(s.t), "http://"+s.addr+"/")
	chrome.Wait(s.t, p, `document.getElementById('state').textContent === 'open'`)
	return p
}

// engineReady waits until the page's engine is loaded.
func engineReady(t *testing.T, p *chrome.Page) {
	t.Helper()
	chrome.Get[any](t, p, `import('/tether.mjs').then(({ init }) => init())`)
}

// send sends a message of a kind as a person would.
func send(t *testing.T, p *chrome.Page, kind, text string) {
	t.Helper()
	quoted, _ := json.Marshal(text)
	chrome.Get[any](t, p, `(() => {
		document.getElementById('kind-`+kind+`').click();
		document.getElementById('message').value = `+string(quoted)+`;
		document.getElementById('send').click();
		return null;
	})()`)
}

// bodies returns the messages in the log with their arrows.
const bodies = `[...document.querySelectorAll('.entry:not([data-kind=event])')].map((entry) => entry.dataset.kind + ' ' + entry.querySelector('.body').textContent)`

// quiet fails the test if the page complained, a violation of its Content-Security-Policy included.
func quiet(t *testing.T, p *chrome.Page) {
	t.Helper()
	for _, line := range append(p.Console(), p.Exceptions()...) {
		if !strings.Contains(line, "WebSocket connection to") { // the browser's own word on a refused attempt
			t.Errorf("the page said %q", line)
		}
	}
}

// TestConsoleEchoes: what a person sends comes back, is shown in a form that can be read, and nothing in it is markup.
func TestConsoleEchoes(t *testing.T) {
	s := newServer(t)
	p := s.console()
	evil := `<img src=x onerror="window.pwned = 1"><script>window.pwned = 1</script>`
	send(t, p, "text", evil)
	send(t, p, "json", `{"b":[1,"`+`<b>ü</b>"]}`)
	send(t, p, "floats", "0.5, 1 -2.25;3e8")
	send(t, p, "blob", "bytes")
	send(t, p, "text", "")
	chrome.Wait(t, p, bodies+`.length === 10`)
	for _, want := range []string{
		evil, "{\n  \"b\": [\n    1,\n    \"<b>ü</b>\"\n  ]\n}", "0.5, 1, -2.25, 300000000", "bytes", "(empty)",
	} {
		quoted, _ := json.Marshal(want)
		for _, way := range []string{"out", "in"} {
			if !chrome.Get[bool](t, p, bodies+`.includes('`+way+` ' + `+string(quoted)+`)`) {
				t.Errorf("no %s %q in %q", way, want, chrome.Get[[]string](t, p, bodies))
			}
		}
	}
	if chrome.Get[bool](t, p, `window.pwned === 1 || document.querySelector('#log :is(img, script, b)') !== null`) {
		t.Error("a message became markup")
	}
	if n := chrome.Get[int](t, p, `document.querySelectorAll('.entry[data-kind=in] [title="response time"]').length`); n != 5 {
		t.Errorf("%d of 5 echoes have their round trip", n)
	}
	quiet(t, p)
}

// TestConsoleShowsHex: a binary message can be read as hex beside its text.
func TestConsoleShowsHex(t *testing.T) {
	p := newServer(t).console()
	send(t, p, "blob", "0123456789abcdef\x00ü")
	chrome.Wait(t, p, bodies+`.length === 2`)
	chrome.Get[any](t, p, `[...document.querySelectorAll('.entry[data-kind=in] .views button')].find((b) => b.textContent === 'hex').click()`)
	chrome.Wait(t, p, `document.querySelector('.entry[data-kind=in] .hex')`)
	same(t, chrome.Get[string](t, p, `document.querySelector('.entry[data-kind=in] .hex').textContent`),
		`"0000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef\n0010  00 c3 bc                                         ···"`)
}

// TestConsoleRefusesWhatItCannotSend: the error names the place, the place is selected, and nothing was sent.
func TestConsoleRefusesWhatItCannotSend(t *testing.T) {
	p := newServer(t).console()
	for _, c := range []struct{ kind, text, want, selected string }{
		{"json", "{\n  \"a\": 1,\n  b\n}", "(line 3, column 3)", "b"},
		{"json", `{"a":1`, "(line 1, column 7)", ""},
		{"json", "", "(line 1, column 1)", ""},
		{"floats", "1 2\nthree", "Not a number: “three” (line 2, column 1)", "t"},
	} {
		send(t, p, c.kind, c.text)
		if got := chrome.Get[string](t, p, `document.getElementById('message-error').textContent`); !strings.HasSuffix(got, c.want) {
			t.Errorf("%q: error %q, want it to end in %q", c.text, got, c.want)
		}
		if got := chrome.Get[string](t, p, `(() => { const m = document.activeElement; return m.value.slice(m.selectionStart, m.selectionEnd); })()`); got != c.selected {
			t.Errorf("%q: selected %q, want %q", c.text, got, c.selected)
		}
	}
	if n := chrome.Get[int](t, p, bodies+`.length`); n != 0 {
		t.Errorf("%d messages in the log", n)
	}
	quiet(t, p)
}

// TestConsoleComesBack: the server stops and starts again; the page shows each attempt, keeps what is sent meanwhile, and
// comes back by itself.
func TestConsoleComesBack(t *testing.T) {
	s := newServer(t)
	p := s.console()
	engineReady(t, p)
	s.stop()
	chrome.Wait(t, p, `document.getElementById('state').textContent === 'waiting' && !document.getElementById('countdown').hidden`)
	send(t, p, "text", "while it was away")
	chrome.Wait(t, p, `/^.+; retrying in [\d.]+ s \(attempt \d+\)/.test(document.getElementById('story').textContent)`)
	if got := chrome.Get[string](t, p, `document.getElementById('n-queued').textContent`); got != "1" {
		t.Errorf("%q messages queued, want 1", got)
	}
	chrome.Wait(t, p, `/attempt 3\)/.test(document.getElementById('log').textContent)`)
	s.start()
	chrome.Wait(t, p, `document.getElementById('state').textContent === 'open'`)
	chrome.Wait(t, p, bodies+`.includes('in while it was away')`)
	log := chrome.Get[string](t, p, `document.getElementById('log').textContent`)
	for _, want := range []string{"connection lost: code 1001 (going away)", "(attempt 2)", "queued"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say %q: %s", want, log)
		}
	}
	quiet(t, p)
}

// TestServerGoneBeforeTheEngineCame: a server that restarts while a page is still loading loses no page.
func TestServerGoneBeforeTheEngineCame(t *testing.T) {
	s := newServer(t)
	p := s.console()
	s.stop()
	s.start()
	chrome.Wait(t, p, `document.getElementById('n-opened').textContent === '2'`)
}

// TestConsoleCloses: code and reason as typed; an illegal code is refused with the reason why.
func TestConsoleCloses(t *testing.T) {
	p := newServer(t).console()
	closing := func(code, reason string) {
		chrome.Get[any](t, p, `(() => {
			document.getElementById('close-code').value = '`+code+`';
			document.getElementById('close-reason').value = '`+reason+`';
			document.getElementById('close').click();
			return null;
		})()`)
	}
	closing("1001", "")
	if got := chrome.Get[string](t, p, `document.getElementById('close-error').textContent`); !strings.Contains(got, "1001 is neither") {
		t.Errorf("error %q", got)
	}
	closing("4123", "genug für heute")
	chrome.Wait(t, p, `document.getElementById('state').textContent === 'closed'`)
	if got := chrome.Get[string](t, p, `document.getElementById('log').textContent`); !strings.Contains(got, "code 4123, reason “genug für heute”") {
		t.Errorf("the log says %q", got)
	}
	send(t, p, "text", "too late")
	if got := chrome.Get[string](t, p, `document.getElementById('message-error').textContent`); !strings.HasPrefix(got, "Not connected") {
		t.Errorf("error %q", got)
	}
	chrome.Get[any](t, p, `document.getElementById('reconnect').click()`)
	chrome.Wait(t, p, `document.getElementById('state').textContent === 'open'`)
	quiet(t, p)
}

// TestConsoleLogIsBounded: the log keeps the newest 500 entries and says how many it dropped.
func TestConsoleLogIsBounded(t *testing.T) {
	p := newServer(t).console()
	chrome.Get[any](t, p, `(() => { for (let i = 0; i < 300; i++) document.getElementById('send').click(); return null; })()`)
	chrome.Wait(t, p, `document.getElementById('n-received').textContent === '300'`)
	chrome.Wait(t, p, `document.getElementById('log-count').textContent === '602 entries, oldest 102 discarded'`)
	if n := chrome.Get[int](t, p, `document.querySelectorAll('.entry').length`); n != 500 {
		t.Errorf("%d entries", n)
	}
}

// TestConsoleByKeyboard: the kinds are tabs with arrow keys, and Ctrl+Enter sends.
func TestConsoleByKeyboard(t *testing.T) {
	p := newServer(t).console()
	chrome.Get[any](t, p, `document.getElementById('kind-text').focus()`)
	press := func(keys ...string) {
		for _, key := range keys {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			if err := p.Press(ctx, key); err != nil {
				t.Fatal(err)
			}
			cancel()
		}
	}
	press("ArrowRight", "ArrowRight", "Tab", "ctrl+Enter")
	chrome.Wait(t, p, bodies+`.at(-1) === 'in 0.5, 1, -2.25, 300000000'`)
	press("shift+Tab", "ArrowLeft", "Tab", "ctrl+Enter")
	chrome.Wait(t, p, bodies+`.at(-1).startsWith('in {')`)
}

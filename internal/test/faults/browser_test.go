package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/internal/test/wstest"
)

// The tests in this file prove in a real browser what no simulation can: what Chromium reports to a page, and when, and that
// the client makes the right thing of it.

// tab is a page whose client records its events.
type tab struct {
	*chrome.Page
	t   *testing.T
	ws  *wstest.Server
	url string // of the site, http
}

// site is what all tabs of a test share.
type site struct {
	t       *testing.T
	browser *chrome.Browser
	ws      *wstest.Server
	url     string
	pages   map[string]string
	policy  string // of content security, for every page
}

// newSite serves pages that run a program of testdata, and starts a browser for them.
func newSite(t *testing.T, program string, args ...string) *site {
	t.Helper()
	s := &site{t: t, ws: wstest.New(), pages: map[string]string{}}
	wasm := filepath.Join(t.TempDir(), "program.wasm")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", wasm, "./testdata/"+program)
	build.Env = append(build.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", s.ws)
	mux.HandleFunc("/program.wasm", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/wasm")
		http.ServeFile(w, r, wasm)
	})
	mux.HandleFunc("/bridge.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join("..", "..", "..", "static", "bridge.js"))
	})
	mux.HandleFunc("/wasm_exec.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	})
	mux.HandleFunc("/page/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if s.policy != "" {
			w.Header().Set("Content-Security-Policy", s.policy)
		}
		_, _ = w.Write([]byte(s.pages[r.URL.Path]))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	t.Cleanup(s.ws.Close)
	s.url = server.URL
	s.browser = chrome.New(t, args...)
	return s
}

// newTabs is newSite with the program tab, in long runs: it waits for time to pass.
func newTabs(t *testing.T, args ...string) *site {
	t.Helper()
	if testing.Short() {
		t.Skip("waits much; make faults runs it")
	}
	return newSite(t, "tab", args...)
}

// addr is the site's host:port.
func (s *site) addr() string { return strings.TrimPrefix(s.url, "http://") }

// page returns the URL of a page with this body.
func (s *site) page(body string) string {
	path := fmt.Sprintf("/page/%d", len(s.pages))
	s.pages[path] = `<!doctype html><meta charset="utf-8"><title>tab</title><link rel="icon" href="data:,">` + body
	return s.url + path
}

// open opens a tab whose client runs with this environment. before is JavaScript that runs first.
func (s *site) open(before string, env map[string]string) *tab {
	s.t.Helper()
	defaults := map[string]string{"URL": "ws://" + s.addr() + "/echo", "INTERVAL": "200", "TIMEOUT": "500", "BACKOFF": "50"}
	for name, value := range env {
		defaults[name] = value
	}
	config, err := json.Marshal(defaults)
	if err != nil {
		s.t.Fatal(err)
	}
	p := chrome.Open(s.t, s.browser, s.page(`<script src="/wasm_exec.js"></script><script>`+before+`
		globalThis.story = [];
		globalThis.reported = (what, from = 0) => story.slice(from).find(e => e.what.startsWith(what));
		const go = new Go();
		go.env = `+string(config)+`;
		WebAssembly.instantiateStreaming(fetch("/program.wasm"), go.importObject).then(({instance}) => go.run(instance));
	</script>`))
	return &tab{p, s.t, s.ws, s.url}
}

// length is how many events were reported so far.
func (p *tab) length() int { return chrome.Get[int](p.t, p.Page, `story.length`) }

// wait waits until an event is reported after from, and returns the page's time of it, in milliseconds.
func (p *tab) wait(what string, from int) float64 {
	p.t.Helper()
	query := fmt.Sprintf(`reported(%q, %d)`, what, from)
	if err := p.WaitFor(p.t.Context(), query); err != nil {
		p.t.Fatalf("waiting for %q: %v\nthe events: %v", what, err, p.story())
	}
	return chrome.Get[float64](p.t, p.Page, query+`.at`)
}

func (p *tab) story() []string {
	return chrome.Get[[]string](p.t, p.Page, `story.map(e => Math.round(e.at) + " " + e.what)`)
}

func (p *tab) now() float64 { return chrome.Get[float64](p.t, p.Page, `performance.now()`) }

// live waits until the server has n connections.
func (p *tab) live(n int) {
	p.t.Helper()
	await.Until(p.t, fmt.Sprintf("the server has %d connections", n), func() bool { return p.ws.Stats("").Live == n })
}

func TestChromiumComesBackFromEveryKind(t *testing.T) {
	s := newTabs(t)
	for _, kind := range Kinds() {
		if !kind.Disconnects() {
			continue
		}
		t.Run(kind.String(), func(t *testing.T) {
			l := Open(t, s.addr(), kind)
			p := s.open("", map[string]string{"URL": "ws://" + l.Addr + "/echo"})
			p.t = t
			p.wait("pong", 0)
			for range 10 {
				from, begin := p.length(), p.now()
				l.Strike()
				why := "lost: connection lost"
				if kind == BlackHole {
					why = "lost: connection lost: tether: no answer to the heartbeat"
				}
				if took := p.wait(why, from) - begin; took > 200+500+1000 {
					t.Errorf("noticed after %.0f ms", took)
				}
				l.Heal()
				p.wait("pong", chrome.Get[int](t, p.Page, fmt.Sprintf(`story.indexOf(reported("lost", %d))`, from)))
			}
			if err := p.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestChromiumLosesNothingOnABadLine(t *testing.T) {
	s := newTabs(t)
	for _, kind := range []Kind{Slow, Sliced} {
		t.Run(kind.String(), func(t *testing.T) {
			l := Open(t, s.addr(), kind)
			l.Strike()
			p := s.open("", map[string]string{"URL": "ws://" + l.Addr + "/echo", "TIMEOUT": "5000"})
			p.t = t
			if err := p.WaitFor(t.Context(), `story.filter(e => e.what === "pong").length >= 10`); err != nil {
				t.Fatal(err, p.story())
			}
			if chrome.Get[bool](t, p.Page, `!!reported("lost")`) {
				t.Error(p.story())
			}
			_ = p.Close(t.Context())
		})
	}
}

// P21: what the browser says of the network is a hint. Offline gives up no connection that answers, and online cuts a
// wait short.
func TestChromiumOnlineCutsAWaitShort(t *testing.T) {
	s := newTabs(t)
	l := Open(t, s.addr(), Down)
	p := s.open("", map[string]string{"URL": "ws://" + l.Addr + "/echo", "BACKOFF": "600000"})
	p.wait("pong", 0)
	l.Strike()
	p.wait("Waiting", 0)
	l.Heal()
	from := p.length()
	for _, offline := range []bool{true, false} {
		if err := p.SetOffline(t.Context(), offline); err != nil {
			t.Fatal(err)
		}
	}
	begin := p.now()
	p.wait("retrying: the network is back", from)
	if took := p.wait("Open", from) - begin; took > 3000 {
		t.Errorf("open %.0f ms after the network was back", took)
	}
}

// setLifecycle freezes a page or lets it run again.
func (p *tab) setLifecycle(state string) {
	p.t.Helper()
	if err := p.Call(p.t.Context(), "Page.setWebLifecycleState", map[string]string{"state": state}, nil); err != nil {
		p.t.Fatal(err)
	}
}

// hide puts another tab in front; the returned function shows this one again.
func (p *tab) hide(s *site) (show func()) {
	p.t.Helper()
	front := func(q *chrome.Page) {
		if err := q.Call(p.t.Context(), "Page.bringToFront", nil, nil); err != nil {
			p.t.Fatal(err)
		}
	}
	off := map[string]bool{"enabled": false} // else each tab believes that it is in front
	if err := p.Call(p.t.Context(), "Emulation.setFocusEmulationEnabled", off, nil); err != nil {
		p.t.Fatal(err)
	}
	front(chrome.Open(p.t, s.browser, s.page("<p>in front")))
	chrome.Wait(p.t, p.Page, `document.visibilityState === "hidden"`)
	return func() { front(p.Page) }
}

// P6: a page that was frozen for longer than the heartbeat's patience, and whose answers lie unread, does not give its
// connection up; if the browser has, the page gets an event and the client is back at once.
func TestChromiumFreezeAndResume(t *testing.T) {
	s := newTabs(t)
	p := s.open("", map[string]string{"INTERVAL": "300", "TIMEOUT": "500"})
	p.wait("pong", 0)
	show := p.hide(s)
	p.setLifecycle("frozen")
	time.Sleep(3 * time.Second) // beyond every bound
	from := p.length()
	p.setLifecycle("active")
	show()
	p.wait("pong", from)
	p.live(1)
	if chrome.Get[bool](t, p.Page, `!!reported("lost: connection lost: tether: no answer")`) {
		t.Error("a connection was given up by a timer of a page that did not run:", p.story())
	}
}

// P27: a hidden page whose policy is to close does so when it is frozen, and comes back when it is seen.
func TestChromiumAFrozenPageCloses(t *testing.T) {
	s := newTabs(t)
	p := s.open("", map[string]string{"HIDDEN": "2"})
	p.wait("pong", 0)
	show := p.hide(s)
	p.setLifecycle("frozen")
	p.live(0)
	p.setLifecycle("active")
	p.wait("Waiting", 0)
	show()
	p.live(1)
	p.wait("lost: connection lost: tether: the page was hidden", 0)
}

// P27: a hidden page that defers makes no attempt until it is seen.
func TestChromiumAHiddenPageDefers(t *testing.T) {
	s := newTabs(t)
	l := Open(t, s.addr(), Down)
	p := s.open("", map[string]string{"HIDDEN": "1", "URL": "ws://" + l.Addr + "/echo"})
	p.wait("pong", 0)
	show := p.hide(s)
	l.Strike()
	p.wait("Waiting", 0)
	l.Heal()
	from := p.length()
	time.Sleep(time.Second) // twenty times the backoff
	if chrome.Get[bool](t, p.Page, fmt.Sprintf(`!!reported("Connecting", %d)`, from)) {
		t.Error("an attempt while hidden:", p.story())
	}
	show()
	p.wait("retrying: the page is seen again", from)
	p.wait("pong", from)
}

// P22: a page with a live connection goes into the back/forward cache, and its client works when it comes back.
func TestChromiumBackForwardCache(t *testing.T) {
	s := newTabs(t, "--enable-features=BackForwardCache", "--disable-features=BackForwardCacheMemoryControls")
	p := s.open("", nil)
	p.wait("pong", 0)
	p.live(1)
	why := p.Events("Page.backForwardCacheNotUsed")
	if err := p.Navigate(t.Context(), s.page("<p>elsewhere")); err != nil {
		t.Fatal(err)
	}
	p.live0()
	if err := p.Eval(t.Context(), `history.back()`, nil); err != nil {
		t.Fatal(err)
	}
	chrome.Wait(t, p.Page, `globalThis.story?.length > 0`)
	if !chrome.Get[bool](t, p.Page, `!!reported("lost")`) {
		t.Fatalf("the page was loaded again: %s", why())
	}
	p.wait("lost: connection lost: tether: the page was put into the back/forward cache", 0)
	p.wait("retrying: the page is back", 0)
	p.live(1)
	p.wait("pong", p.length())
}

// live0 waits until the server has no connection; the page of now has no story.
func (p *tab) live0() {
	p.t.Helper()
	for range 200 {
		if p.ws.Stats("").Live == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	p.t.Error("the connection of a page that was left is still there")
}

// throttle makes the page's timers as late as those of a hidden page.
const throttle = `
	const honest = setTimeout;
	globalThis.setTimeout = (f, ms, ...more) => honest(f, globalThis.throttled ? Math.max(ms, 4000) : ms, ...more);`

// P6: timers in a worker notice a black hole in time although those of the page do not run. Where the content security
// policy allows no worker, the client still works, on the page's timers.
func TestChromiumWorkerTimers(t *testing.T) {
	s := newTabs(t)
	l := Open(t, s.addr(), BlackHole)
	p := s.open(throttle, map[string]string{"URL": "ws://" + l.Addr + "/echo", "WORKER": "1"})
	p.wait("pong", 0)
	p.wait("pong", p.length())
	if err := p.Eval(t.Context(), `void (globalThis.throttled = true)`, nil); err != nil {
		t.Fatal(err)
	}
	p.wait("pong", p.length())
	from, begin := p.length(), p.now()
	l.Strike()
	if took := p.wait("lost: connection lost: tether: no answer", from) - begin; took > 200+500+1000 {
		t.Errorf("noticed after %.0f ms", took)
	}

	s.policy = "worker-src 'none'"
	strict := s.open("", map[string]string{"WORKER": "1"})
	strict.wait("pong", 0)
	strict.wait("pong", strict.length())
	if errs := strict.Exceptions(); len(errs) > 0 {
		t.Errorf("the page threw %q", errs)
	}
}

// A browser does not report why a handshake failed; an ordinary request does.
func TestChromiumDiagnosis(t *testing.T) {
	s := newTabs(t)
	for path, want := range map[string]string{
		"/refuse?status=401": "diagnosis: Denied (HTTP 401)",
		"/refuse?status=403": "diagnosis: Denied (HTTP 403)",
		"/nowhere":           "diagnosis: NotFound (HTTP 404)",
		"/refuse?status=503": "diagnosis: Failing (HTTP 503)",
		"/plain":             "diagnosis: Unknown (HTTP 200)",
		"/refuse?status=429": "diagnosis: Busy (HTTP 429)",
	} {
		p := s.open("", map[string]string{"URL": "ws://" + s.addr() + path})
		p.wait(want, 0)
		p.wait(want, p.length()) // and again: it proves nothing about a handshake
		_ = p.Close(t.Context())
	}
	l := Open(t, s.addr(), Down)
	l.Strike()
	p := s.open("", map[string]string{"URL": "ws://" + l.Addr + "/echo"})
	p.wait("diagnosis: Unreachable", 0)
	l.Heal()
	p.wait("pong", 0)
	foreign := Open(t, s.addr(), Slow) // another origin; the test server allows it with CORS only without credentials
	q := s.open("", map[string]string{"URL": "ws://" + foreign.Addr + "/refuse?status=403"})
	q.wait("diagnosis: Unknown", 0)
}

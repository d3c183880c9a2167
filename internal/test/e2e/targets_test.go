package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/server"
	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/static"
)

// careless is a target that accepts whatever comes: a page with a session cookie that scripts cannot read, a WebSocket that says
// whose session it is, a POST, and a service worker. It keeps what it received.
type careless struct {
	*httptest.Server
	name string
	mu   sync.Mutex
	got  []string
}

func newCareless(t *testing.T, name string) *careless {
	c := &careless{name: name}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *careless) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/favicon.ico" {
		c.mu.Lock()
		c.got = append(c.got, fmt.Sprintf("%s %s origin=%s cookie=%s", r.Method, r.URL.Path, r.Header.Get("Origin"), r.Header.Get("Cookie")))
		c.mu.Unlock()
	}
	switch r.URL.Path {
	case "/favicon.ico": // the browser asks when it likes
		http.NotFound(w, r)
	case "/live":
		ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		_ = ws.Write(r.Context(), websocket.MessageText, []byte(r.Header.Get("Cookie")))
		_ = ws.Close(websocket.StatusNormalClosure, "")
	case "/sw.js":
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprintf(w, `self.addEventListener("fetch", (e) => e.respondWith(new Response("<title>%s's worker</title>", { headers: { "Content-Type": "text/html" } })));`, c.name)
	default:
		for _, domain := range []string{"", "; Domain=localhost", "; Domain=" + c.name + ".localhost"} {
			w.Header().Add("Set-Cookie", fmt.Sprintf("sid%d=%s-s3cret; HttpOnly; Path=/%s", len(domain), c.name, domain))
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><title>"+c.name+"</title>")
	}
}

func (c *careless) received() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.got, "\n")
}

// tapped runs a server with targets on addr and returns the URLs of their pages and their addresses, and what ends it.
func tapped(t *testing.T, addr string, rewrite bool, targets ...*careless) (pages, addrs []string, stop func()) {
	t.Helper()
	_, pages, addrs, stop = tappedServer(t, addr, rewrite, targets...)
	return pages, addrs, stop
}

// tappedServer is tapped with the URL of the server.
func tappedServer(t *testing.T, addr string, rewrite bool, targets ...*careless) (url string, pages, addrs []string, stop func()) {
	t.Helper()
	cfg := server.Config{Addr: addr, Assets: static.Files, TargetOrigin: rewrite}
	for _, c := range targets {
		target, err := proxy.ParseTarget(c.name + "=" + c.URL)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Targets = append(cfg.Targets, target)
	}
	var printed frameLog
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- server.Run(ctx, cfg, &printed, func(u string) { url = u; close(ready) }) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := await.Receive(t, done); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	await.Closed(t, ready)
	for _, m := range regexp.MustCompile(`(http://\S+)/  for its pages`).FindAllStringSubmatch(printed.String(), -1) {
		pages = append(pages, m[1])
	}
	for _, m := range regexp.MustCompile(`ws://(\S+)  for programs`).FindAllStringSubmatch(printed.String(), -1) {
		addrs = append(addrs, m[1])
	}
	if len(pages) != len(targets) || len(addrs) != len(targets) {
		t.Fatal(printed.String())
	}
	return url, pages, addrs, stop
}

// intrusions are what one target's page tries on another: its WebSocket, forms and requests, under all of its names. It returns what
// it could read.
const intrusions = `(async () => {
  const got = [];
  for (const host of %s) {
    await new Promise((done) => {
      const ws = new WebSocket("ws://" + host + "/live");
      ws.onopen = () => got.push("open " + host);
      ws.onmessage = ({ data }) => got.push("message " + data);
      ws.onclose = () => done();
    });
    for (const init of [{ method: "POST", mode: "no-cors", credentials: "include", body: "x" }, { mode: "no-cors", credentials: "include" }, { credentials: "include" }]) {
      await fetch("http://" + host + "/stolen", init).then(async (r) => got.push("read " + (await r.text()))).catch(() => {});
    }
    for (const tag of ["img", "script", "iframe"]) {
      const e = document.createElement(tag);
      await new Promise((done) => { e.onload = e.onerror = done; e.src = "http://" + host + "/stolen"; document.documentElement.append(e); });
    }
    const form = Object.assign(document.createElement("form"), { method: "POST", action: "http://" + host + "/stolen", target: "sink " + host });
    const sink = Object.assign(document.createElement("iframe"), { name: "sink " + host });
    document.documentElement.append(sink, form);
    await new Promise((done) => { sink.onload = done; form.submit(); });
  }
  return got.filter((s) => s !== "read ").join("\n");
})()`

// TestTargetsAreSeparate: in Chromium, the server of one target never receives the cookies of another; its page cannot open the other's
// WebSocket, nor send it a form or a request; and what it sees of its own is complete.
func TestTargetsAreSeparate(t *testing.T) {
	a, b := newCareless(t, "alpha"), newCareless(t, "beta")
	pages, addrs, _ := tapped(t, "127.0.0.1:0", true, a, b)
	browser := chrome.New(t, "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests")
	own := `new Promise((done) => { const ws = new WebSocket("ws://" + location.host + "/live"); ws.onmessage = ({ data }) => done(data); ws.onclose = () => done("closed"); })`
	pageA := chrome.Open(t, browser, pages[0])
	if got := chrome.Get[string](t, pageA, own); !strings.Contains(got, "sid0=alpha-s3cret") {
		t.Fatalf("the target's own page has no session: %q", got)
	}
	if !strings.Contains(a.received(), "GET /live origin="+a.URL+" cookie=sid") {
		t.Errorf("the Origin of the target's own page is not its own: %s", a.received())
	}
	before := a.received()
	pageB := chrome.Open(t, browser, pages[1])
	_, port, err := net.SplitHostPort(addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	hosts := fmt.Sprintf(`[%q, %q, %q, %q]`, strings.TrimPrefix(pages[0], "http://"), addrs[0], "localhost:"+port, "x.localhost:"+port)
	if got := chrome.Get[string](t, pageB, fmt.Sprintf(intrusions, hosts)); strings.Contains(got, "s3cret") || strings.Contains(got, "open") {
		t.Errorf("the page of another target got:\n%s", got)
	}
	if after := strings.TrimPrefix(a.received(), before); after != "" {
		t.Errorf("the page of another target reached the target:\n%s", after)
	}
	if got := chrome.Get[string](t, pageB, own); !strings.Contains(got, "sid0=beta-s3cret") {
		t.Errorf("the other target's own page has no session: %q", got)
	}
	chrome.Open(t, browser, "http://"+addrs[1]+"/by-address") // is sent to the name
	await.Until(t, "the page by address is there", func() bool { return strings.Contains(b.received(), "/by-address") })
	if got := b.received(); strings.Contains(got, "alpha") {
		t.Errorf("the target received another's cookie:\n%s", got)
	}
}

// TestAServiceWorkerEndsWithItsTarget: the service worker of a target does not control what another target serves on the same port in
// the next run, under its name or by address.
func TestAServiceWorkerEndsWithItsTarget(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close() // for the servers, one after the other
	a, b := newCareless(t, "alpha"), newCareless(t, "beta")
	browser := chrome.New(t)
	pages, first, stop := tapped(t, addr, false, a)
	page := chrome.Open(t, browser, pages[0])
	chrome.Get[string](t, page, `navigator.serviceWorker.register("/sw.js").then(() => navigator.serviceWorker.ready).then(() => "ready")`)
	if title := chrome.Get[string](t, chrome.Open(t, browser, pages[0]), `document.title`); title != "alpha's worker" {
		t.Fatalf("the worker does not work (%q): this proves nothing", title)
	}
	stop()
	pages, second, _ := tapped(t, addr, false, b)
	if first[0] != second[0] {
		t.Skipf("the port of the first run, %s, is not free: %s", first[0], second[0])
	}
	for _, url := range []string{pages[0], "http://" + second[0]} {
		if title := chrome.Get[string](t, chrome.Open(t, browser, url), `document.title`); title != "beta" {
			t.Errorf("%s is %q", url, title)
		}
	}
}

//go:build !js

// These tests prove in a real Chromium where the panel gets its records from beside the server: pages of its origin that
// use plain WebSocket with the one-line script, workers, tether in JS; and that a page with the script works as before.
package panel_test

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// pages serves pages of the panel's origin, and an echo endpoint that closes with 4001 on request.
func pages(s *stub) {
	file := func(path, mime, body string) {
		s.extra.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", mime)
			_, _ = w.Write([]byte(body))
		})
	}
	file("/plain.html", "text/html", `<!doctype html><title>plain</title><script src="/tap.js"></script>`)
	file("/bare.html", "text/html", `<!doctype html><title>bare</title>`)
	file("/worker.js", "text/javascript", `importScripts("/tap.js");
		onmessage = ({data}) => { const ws = new WebSocket(data); ws.onopen = () => ws.send("from a worker"); ws.onmessage = (e) => postMessage(e.data); };`)
	s.extra.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"chat"}})
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			kind, b, err := c.Read(r.Context())
			if err != nil {
				return
			}
			if string(b) == "bye" {
				_ = c.Close(4001, "as you wish")
				return
			}
			if c.Write(r.Context(), kind, b) != nil {
				return
			}
		}
	})
}

// tab opens another tab of the same browser.
func tab(t *testing.T, p *chrome.Page, url string) *chrome.Page {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	q, err := p.Browser().Page(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// rowTexts is a JavaScript expression: the visible rows of the grid as "type preview", without the panel's own.
const rowTexts = `[...document.querySelectorAll('.grid .row:not(.head):not([hidden])')].map((r) =>
	[r.querySelector('.c-dir').textContent, r.querySelector('.c-type').textContent, r.querySelector('.c-flags').textContent, r.querySelector('.c-preview').textContent].join(' ').trim())`

// waitForRow waits until the panel shows a row with all words.
func waitForRow(t *testing.T, p *chrome.Page, words ...string) {
	t.Helper()
	var test []string
	for _, w := range words {
		test = append(test, "r.includes("+quote(w)+")")
	}
	chrome.Wait(t, p, `(`+rowTexts+`).some((r) => `+strings.Join(test, " && ")+`)`)
}

func quote(s string) string { return "`" + strings.ReplaceAll(s, "`", "\\`") + "`" }

// wide makes room for every row.
func wide(t *testing.T, p *chrome.Page) {
	t.Helper()
	if err := p.SetViewport(t.Context(), 1600, 1800); err != nil {
		t.Fatal(err)
	}
}

// TestPagesWithTheOneLineScriptAreShown: a plain WebSocket of another tab shows with its attempt, messages of every kind in
// order, its end with code and reason, and nothing that a page cannot know.
func TestPagesWithTheOneLineScriptAreShown(t *testing.T) {
	s := newStub(t)
	pages(s)
	p := s.watch(t)
	wide(t, p)
	q := tab(t, p, s.URL+"/plain.html")
	chrome.Wait(t, q, `globalThis[Symbol.for("tetherscope.tap")].listening`)
	chrome.Get[bool](t, q, `new Promise((done, fail) => {
		const ws = new WebSocket(location.origin.replace("http", "ws") + "/echo", ["chat"]);
		let n = 0;
		ws.onopen = () => { ws.send("héllo"); ws.send(new Blob([new Uint8Array([1, 2, 3])])); ws.send(new Uint8Array([9, 8, 7, 6]).subarray(1)); };
		ws.onmessage = () => { if (++n === 3) ws.send("bye"); };
		ws.onclose = (e) => done(e.code === 4001 && n === 3);
		ws.onerror = () => fail(new Error("error"));
	})`)
	waitForRow(t, p, "closed", "4001", "as you wish", "clean")
	rows := chrome.Get[[]string](t, p, rowTexts)
	want := []string{
		"request", "attempt", "open", // the attempt note is that of tether alone
		"↑ text – – – héllo", "↑ binary – – – 01 02 03", "↑ binary – – – 08 07 06",
		"↓ text – – – héllo", "↓ binary – – – 01 02 03", "↓ binary – – – 08 07 06", "↑ text – – – bye",
	}
	var got []string
	for _, r := range rows {
		for _, w := range want {
			if r == w {
				got = append(got, r)
			}
		}
	}
	if len(got) != 7 || got[0] != want[3] || got[1] != want[4] || got[2] != want[5] {
		t.Errorf("rows:\n%s", strings.Join(rows, "\n"))
	}
	chrome.Wait(t, p, `document.querySelector("[data-conn] .tags")?.textContent.endsWith(" · chat")`) // rows are painted before the rest is drawn
	if label := chrome.Get[string](t, p, `document.querySelector("[data-conn] .tags").textContent`); !strings.HasPrefix(label, "page · ws://") {
		t.Errorf("the connection is labelled %q", label)
	}
	if wire := chrome.Get[string](t, p, `document.querySelector('[data-counter=wire] .value').textContent`); wire != "0 B" {
		t.Errorf("%s on the wire: a page does not know", wire)
	}
}

// TestWorkersAreShown: a worker whose script loads tap.js is a page like any other.
func TestWorkersAreShown(t *testing.T) {
	s := newStub(t)
	pages(s)
	p := s.watch(t)
	wide(t, p)
	q := tab(t, p, s.URL+"/bare.html")
	got := chrome.Get[string](t, q, `new Promise((done) => {
		const w = globalThis.w = new Worker("/worker.js");
		w.onmessage = (e) => done(e.data);
		w.postMessage(location.origin.replace("http", "ws") + "/echo");
	})`)
	if got != "from a worker" {
		t.Fatalf("the worker got %q", got)
	}
	waitForRow(t, p, "request", "worker")
}

// TestALatePanelShowsWhatIsThere: sockets that were opened before the panel are shown, and so is what is unknown of them.
func TestALatePanelShowsWhatIsThere(t *testing.T) {
	s := newStub(t)
	pages(s)
	first := s.watch(t)
	q := tab(t, first, s.URL+"/plain.html")
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	chrome.Wait(t, q, `!globalThis[Symbol.for("tetherscope.tap")].listening`)
	chrome.Get[bool](t, q, `new Promise((done) => {
		globalThis.ws = new WebSocket(location.origin.replace("http", "ws") + "/echo");
		ws.onopen = () => ws.send("too early");
		ws.onmessage = () => done(true);
	})`)
	late := tab(t, q, s.URL+"/panel/")
	wide(t, late)
	waitForRow(t, late, "joined", "not known")
	chrome.Get[bool](t, q, `(ws.send("in time"), true)`)
	waitForRow(t, late, "↓ text", "in time")
	if rows := chrome.Get[[]string](t, late, rowTexts); strings.Contains(strings.Join(rows, "\n"), "too early") {
		t.Errorf("rows:\n%s", strings.Join(rows, "\n"))
	}
}

// TestAPageWithTheScriptWorksAsBefore: what a page can see of WebSocket is the browser's own, with the script and without, but for
// the source text of send, where the name is missing.
func TestAPageWithTheScriptWorksAsBefore(t *testing.T) {
	s := newStub(t)
	pages(s)
	p := s.watch(t)
	const look = `(async () => {
		const url = location.origin.replace("http", "ws") + "/echo";
		const thrown = (f) => { try { return String(f()); } catch (e) { return e.name + ": " + e.message; } };
		class Sub extends WebSocket { hello() { return "hello"; } }
		const ws = new WebSocket(url), sub = new Sub(url);
		const out = {
			name: WebSocket.name, length: WebSocket.length, keys: Object.getOwnPropertyNames(WebSocket).sort(), type: typeof WebSocket,
			proto: Object.getOwnPropertyNames(WebSocket.prototype).sort(), constants: [WebSocket.OPEN, WebSocket.CLOSED, ws.CLOSING],
			instance: ws instanceof WebSocket && sub instanceof Sub && sub instanceof WebSocket, constructor: ws.constructor === WebSocket,
			sub: sub.hello(), tag: String(ws), send: [ws.send.name, ws.send.length],
			descriptor: JSON.stringify(Object.getOwnPropertyDescriptor(WebSocket.prototype, "send")), global: JSON.stringify(Object.getOwnPropertyDescriptor(globalThis, "WebSocket")),
			call: thrown(() => WebSocket(url)), none: thrown(() => new WebSocket()), bad: thrown(() => new WebSocket("nope://x")),
			early: thrown(() => ws.send("x")), receiver: thrown(() => WebSocket.prototype.send.call({}, "x")), few: thrown(() => ws.send()),
			keysOfGlobal: Object.keys(globalThis).filter((k) => /tether|tap/i.test(k)),
		};
		await Promise.all([ws, sub].map((x) => new Promise((r) => { x.onopen = r; })));
		const order = [];
		ws.onmessage = (e) => order.push(e.data);
		await new Promise((r) => { ws.send("1"); ws.send({ toString: () => "2" }); ws.send(3); ws.send("bye"); ws.onclose = (e) => { order.push(e.code + e.reason + e.wasClean); r(); }; });
		out.order = order;
		out.after = thrown(() => ws.send("late"));
		sub.close();
		return out;
	})()`
	with := tab(t, p, s.URL+"/plain.html")
	chrome.Wait(t, with, `globalThis[Symbol.for("tetherscope.tap")].listening`)
	without := tab(t, p, s.URL+"/bare.html")
	a, b := chrome.Get[map[string]any](t, with, look), chrome.Get[map[string]any](t, without, look)
	for name, want := range b {
		if got := a[name]; !equal(got, want) {
			t.Errorf("%s: with the script %v, without %v", name, got, want)
		}
	}
	if bad := with.Exceptions(); len(bad) > 0 {
		t.Errorf("the script threw: %v", bad)
	}
}

func equal(a, b any) bool { return reflect.DeepEqual(a, b) }

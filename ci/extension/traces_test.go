package main

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// looking is a page that looks for an extension as a hostile site would: it listens and patches before anything else runs. look
// resolves to all that it found, which is the same in every browser without one.
const looking = `<!doctype html><title>a page that looks for extensions</title><script>
globalThis.seen = new Set();
globalThis.control = false; // while the test acts
const note = (what) => seen.add(String(what).replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "UUID"));
const fresh = Object.getOwnPropertyNames(globalThis);
new MutationObserver((list) => list.forEach((m) => [...m.addedNodes].forEach((n) => n.id === "control" || note("node " + n.nodeName))))
	.observe(document, { childList: true, subtree: true, attributes: true });
new PerformanceObserver((list) => list.getEntries().forEach((e) => note("loaded " + e.name.replace(location.origin, "")))).observe({ type: "resource", buffered: true });
for (const target of [globalThis, document]) for (const type of ["message", "messageerror", "tetherscope", "tetherscope.v1", "error", "unhandledrejection"])
	target.addEventListener(type, (e) => note("event " + type + " " + (e.data ?? e.detail ?? e.message)), true);
const broadcast = new BroadcastChannel("tetherscope.v1");
broadcast.onmessage = ({ data }) => { if (!data.control) note("broadcast " + data.kind); };
for (const [object, name] of [[EventTarget.prototype, "addEventListener"], [EventTarget.prototype, "dispatchEvent"], [globalThis, "postMessage"], [BroadcastChannel.prototype, "postMessage"]]) {
	const native = object[name];
	object[name] = function (...args) {
		if (!globalThis.control) note("call " + name + " " + (args[0]?.type ?? args[0]?.kind ?? args[0]));
		return native.apply(this, args);
	};
}
globalThis.BroadcastChannel = new Proxy(BroadcastChannel, { construct: (c, args) => (note("channel " + args[0]), Reflect.construct(c, args)) });
const source = (f) => Function.prototype.toString.call(f);
globalThis.look = async (files) => {
	const frame = document.createElement("iframe");
	frame.id = "control";
	document.body.append(frame);
	const bare = frame.contentWindow;
	const out = {
		names: Object.getOwnPropertyNames(globalThis).filter((n) => !fresh.includes(n)).sort().join(),
		symbols: Object.getOwnPropertySymbols(globalThis).map(String).join(),
		registered: String(globalThis[Symbol.for("tetherscope.tap")]),
		documents: Object.getOwnPropertyNames(document).join() + Object.getOwnPropertySymbols(document).length,
		socket: [WebSocket, WebSocket.prototype.send, WebSocket.prototype.constructor, bare.WebSocket, bare.WebSocket.prototype.send,
			Object.getOwnPropertyDescriptor(MessageEvent.prototype, "data").get].map(source).join(),
		same: WebSocket.prototype.constructor === WebSocket,
		prototypes: ["WebSocket", "MessageEvent", "EventTarget", "Event"].map((n) => Object.getOwnPropertyNames(globalThis[n].prototype).join()).join(";"),
		runtime: typeof globalThis.chrome?.runtime,
	};
	const stack = (f) => { try { f(); } catch (e) { return e.stack.split("\n").map((l) => l.trim().replace(location.href, "")).join("|"); } };
	out.stacks = [stack(() => new WebSocket("nope://x")), stack(() => WebSocket.prototype.send.call({}, "x"))].join("\n");
	const reached = await Promise.all(files.map((url) => fetch(url, { mode: "no-cors" }).then(() => url, () => "")));
	const shown = await Promise.all(files.map((url) => new Promise((done) => {
		const img = new Image();
		img.onload = () => done(url);
		img.onerror = () => done("");
		img.src = url;
	})));
	out.files = [...reached, ...shown].filter(Boolean).join();
	frame.remove();
	await new Promise((done) => setTimeout(done, 300)); // what is only on its way counts, too
	out.seen = [...seen].filter((s) => !s.startsWith("loaded chrome-extension")).sort().join("; ");
	return out;
};
</script><body><p>nothing</p>`

// lookAt returns what a page of looking found.
func lookAt(ctx context.Context, t *testing.T, p *chrome.Page, files []string) map[string]any {
	t.Helper()
	list, err := json.Marshal(files)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := p.Eval(ctx, "look("+string(list)+")", &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// differences returns the names of what two looks found differently.
func differences(a, b map[string]any) (list []string) {
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if a[name] != b[name] {
			list = append(list, name)
		}
	}
	return list
}

// files are the addresses of the extension's files.
func files(t *testing.T, id string) (list []string) {
	z, err := gather(os.DirFS("../../static"))
	if err != nil {
		t.Fatal(err)
	}
	for name := range z {
		if name != "panel.wasm" { // large, and no other than the rest
			list = append(list, "chrome-extension://"+id+"/"+name)
		}
	}
	slices.Sort(list)
	return list
}

// TestAPageFindsNothingUntilItsToolsAreOpen proves that a page finds no trace of the extension before the panel of its own tab is open, that
// no other tab of its origin can bring it there, and that it is gone when the tools are closed. The tab under inspection shows that the page looks well.
func TestAPageFindsNothingUntilItsToolsAreOpen(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(looking))
	}))
	t.Cleanup(s.Close)
	b := open(ctx, t)
	all := files(t, b.id)
	navigate := func(p *chrome.Page) *chrome.Page {
		t.Helper()
		if err := p.Navigate(ctx, s.URL); err != nil {
			t.Fatal(err)
		}
		return p
	}
	without := lookAt(ctx, t, chrome.Open(t, chrome.New(t), s.URL), all)
	unchanged := func(p *chrome.Page, when string) {
		t.Helper()
		found := lookAt(ctx, t, p, all)
		for _, name := range differences(without, found) {
			t.Errorf("%s, %s: %q, without the extension %q", when, name, found[name], without[name])
		}
	}
	first := navigate(b.attach("about:blank"))
	unchanged(first, "before the tools show the panel")

	tools, _ := b.inspect()
	wait(ctx, t, first, watched)
	if found := differences(without, lookAt(ctx, t, first, all)); !slices.Contains(found, "socket") || !slices.Contains(found, "registered") || slices.Contains(found, "files") {
		t.Errorf("of the tab that is inspected the page finds %v", found)
	}
	navigate(first) // from its beginning
	wait(ctx, t, first, watched)

	second, err := b.Page(ctx, s.URL)
	if err != nil {
		t.Fatal(err)
	}
	unchanged(second, "beside an inspected tab")
	// The inspected tab tells the other all that its own relay and tap tell each other, and more.
	if err := first.Eval(ctx, `(() => {
		globalThis.control = true;
		const names = ["tetherscope.v1", "tetherscope", ...[...seen].filter((s) => s.startsWith("channel ")).map((s) => s.slice(8))];
		for (const name of names) {
			const c = new BroadcastChannel(name);
			for (const kind of ["hello", "page", "listen", "batch", "bye"]) c.postMessage({ control: true, kind, own: true, panel: "devtools", page: "x", bytes: new Uint8Array(3) });
		}
		return names.length;
	})()`, nil); err != nil {
		t.Fatal(err)
	}
	if err := second.Eval(ctx, `(() => {
		globalThis.control = true;
		const before = [...seen];
		document.dispatchEvent(new CustomEvent("tetherscope", { detail: "devtools" }));
		postMessage({ kind: "listen" });
		setTimeout(() => { globalThis.control = false; seen.clear(); before.forEach((s) => seen.add(s)); }, 200);
		return new Promise((done) => setTimeout(done, 400, true));
	})()`, nil); err != nil {
		t.Fatal(err)
	}
	unchanged(second, "after another tab of the origin tried to switch it on")

	if err := tools.Close(ctx); err != nil {
		t.Fatal(err)
	}
	wait(ctx, t, first, `globalThis[Symbol.for("tetherscope.tap")] === undefined`)
	found := lookAt(ctx, t, first, all)
	if list := differences(without, found); len(list) > 0 && !slices.Equal(list, []string{"seen"}) { // what it saw while it was inspected stays
		t.Errorf("after the tools were closed the page finds %v: %v", list, found)
	}
	if list := strings.Join(slices.Concat(first.Exceptions(), second.Exceptions()), "\n"); list != "" {
		t.Errorf("the pages threw %s", list)
	}
}

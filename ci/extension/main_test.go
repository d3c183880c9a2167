package main

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// made builds the extension into a folder of its own, with the programs that make wasm left.
func made(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "extension")
	err := build("../../static", dir)
	if _, missing := os.Stat("../../static/dist/panel.wasm"); errors.Is(missing, fs.ErrNotExist) {
		if os.Getenv(chrome.RequireTools) != "" {
			t.Fatal("static/dist/panel.wasm is missing: run make wasm")
		}
		t.Skip("static/dist/panel.wasm is missing: run make wasm")
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestTheZipHoldsWhatTheFolderHolds: all that the panel's page loads is there, and no script of development.
func TestTheZipHoldsWhatTheFolderHolds(t *testing.T) {
	dir := made(t)
	z, err := zip.OpenReader(dir + ".zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var packed, loose []string
	for _, f := range z.File {
		packed = append(packed, f.Name)
	}
	if err := fs.WalkDir(os.DirFS(dir), ".", func(path string, f fs.DirEntry, err error) error {
		if err == nil && !f.IsDir() {
			loose = append(loose, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(loose)
	if !slices.Equal(packed, loose) {
		t.Errorf("zip %v\nfolder %v", packed, loose)
	}
	for _, name := range []string{"manifest.json", "panel.html", "panel.wasm", "wasm_exec.js", "tap.js", "relay.js", "worker.js", "devtools.js", "source.js", "panel/boot.js", "panel/panel.css"} {
		if !slices.Contains(loose, name) {
			t.Errorf("%s is not in it: %v", name, loose)
		}
	}
	page, err := os.ReadFile(filepath.Join(dir, "panel.html"))
	if err != nil || strings.Contains(string(page), "dev.js") || strings.Contains(string(page), "TOKEN") {
		t.Errorf("panel.html (%v):\n%s", err, page)
	}
}

// idOf is the ID that Chromium gives an unpacked extension: its path, hashed, in letters from a to p.
func idOf(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	id := make([]byte, 0, 32)
	for _, c := range sum[:16] {
		id = append(id, 'a'+c>>4, 'a'+c&15)
	}
	return string(id)
}

// site is a page of another site, and an echo endpoint.
func site(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><title>another site's page</title><p>A page that knows nothing of the panel.`))
	})
	mux.HandleFunc("/framed", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><title>a page with frames of its origin</title><iframe src="/"></iframe><iframe src="/"></iframe>`))
	})
	mux.HandleFunc("/worker.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write([]byte(`onmessage = ({data}) => { const ws = new WebSocket(data); ws.onopen = () => ws.send("from a worker"); ws.onmessage = (e) => postMessage(e.data); };`))
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			kind, b, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, b) != nil {
				return
			}
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

const rows = `[...document.querySelectorAll('.grid .row:not(.head):not([hidden])')].map((r) =>
	[r.querySelector('.c-dir').textContent, r.querySelector('.c-type').textContent, r.querySelector('.c-preview').textContent].join(' ').trim())`

// watched says that the extension is in the page and has a panel.
const watched = `globalThis[Symbol.for("tetherscope.tap")]?.listening`

// states are the connections of the panel's list with their state, sorted.
const states = `[...document.querySelectorAll(".conn:not(.all)")].map((c) => c.querySelector(".title").textContent + " " + c.querySelector(".end").textContent).sort().join(", ")`

// browser is a Chromium with the extension, whose windows open their developer tools.
type browser struct {
	*chrome.Browser
	t   *testing.T
	ctx context.Context
	id  string // of the extension
}

func open(ctx context.Context, t *testing.T) *browser {
	dir := made(t)
	b := chrome.New(t, "--load-extension="+dir, "--disable-extensions-except="+dir, "--auto-open-devtools-for-tabs")
	return &browser{b, t, ctx, idOf(dir)}
}

func (b *browser) attach(start string) *chrome.Page {
	b.t.Helper()
	p, err := b.Attach(b.ctx, start)
	if err != nil {
		b.t.Fatalf("%s: %v", start, err)
	}
	return p
}

// inspect shows the panel in the tools of the first tab.
func (b *browser) inspect() (tools, panel *chrome.Page) {
	b.t.Helper()
	tools = b.attach("devtools://devtools")
	b.attach("chrome-extension://" + b.id + "/devtools.html") // the tools load it when they are up; earlier calls into them fail
	// A panel that is not there yet is "shown" without an error, so the tab is looked for first.
	wait(b.ctx, b.t, tools, `(async () => {
		const { InspectorView } = await import("devtools://devtools/bundled/ui/legacy/legacy.js");
		const view = (InspectorView.InspectorView ?? InspectorView).instance();
		const name = "chrome-extension://`+b.id+`Tetherscope";
		if (!view.tabbedPane.tabIds().includes(name)) return false;
		await view.showPanel(name);
		return view.tabbedPane.selectedTabId === name;
	})().catch(() => false)`)
	panel = b.attach("chrome-extension://" + b.id + "/panel.html")
	wait(b.ctx, b.t, panel, `document.querySelector('[data-testid="feed"]')?.dataset.state === "live"`)
	return tools, panel
}

// TestThePanelStandsInTheDeveloperTools: in a real window of Chromium's tools the panel shows what the inspected page sends
// and receives, also on a socket that was open before, across a reload, and on demand what a worker's socket had.
func TestThePanelStandsInTheDeveloperTools(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	url := site(t)
	b := open(ctx, t)
	page := b.attach("about:blank")
	if err := page.Navigate(ctx, url+"/framed"); err != nil {
		t.Fatal(err)
	}
	if err := page.Eval(ctx, `new Promise((done) => { // before there is a panel
		const ws = globalThis.before = new WebSocket(location.origin.replace("http", "ws") + "/echo?before");
		ws.onopen = () => done(true);
		ws.onmessage = (e) => { globalThis.echoed = e.data; };
	})`, nil); err != nil {
		t.Fatal(err)
	}
	tools, panel := b.inspect()
	wait(ctx, t, page, watched)
	if err := page.Eval(ctx, `before.send("on an earlier socket"), true`, nil); err != nil {
		t.Fatal(err)
	}
	wait(ctx, t, panel, `(`+rows+`).includes("↓ text on an earlier socket")`)

	talk := func(text string) {
		if err := page.Eval(ctx, `new Promise((done) => {
			const ws = globalThis.ws = new WebSocket(location.origin.replace("http", "ws") + "/echo");
			ws.onopen = () => ws.send("`+text+`");
			ws.onmessage = (e) => done(e.data);
		})`, nil); err != nil {
			t.Fatal(err)
		}
	}
	talk("hello, tools")
	wait(ctx, t, panel, `(`+rows+`).includes("↑ text hello, tools") && (`+rows+`).includes("↓ text hello, tools")`)
	wait(ctx, t, panel, states+` === "/echo open, /echo?before open"`)
	if err := page.Eval(ctx, `globalThis.ws.send("counted once"), true`, nil); err != nil {
		t.Fatal(err)
	}
	wait(ctx, t, panel, `(`+rows+`).includes("↓ text counted once")`)
	var seen []string
	if err := panel.Eval(ctx, rows, &seen); err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{"↑ text on an earlier socket", "↓ text on an earlier socket", "↑ text hello, tools", "↑ text counted once", "↓ text counted once"} {
		n := 0
		for _, r := range seen {
			if r == row {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%q stands there %d times: %q", row, n, seen)
		}
	}
	if err := page.Navigate(ctx, url); err != nil {
		t.Fatal(err)
	}
	wait(ctx, t, page, watched)
	talk("after a reload")
	wait(ctx, t, panel, `(`+rows+`).includes("↓ text after a reload")`)
	wait(ctx, t, panel, states+` === "/echo closed, /echo open, /echo?before closed"`)
	if shot := os.Getenv("TETHERSCOPE_SHOT"); shot != "" {
		picture(ctx, t, tools, shot)
	}

	if err := page.Eval(ctx, `new Promise((done) => {
		const w = globalThis.w = new Worker("/worker.js");
		w.onmessage = (e) => done(e.data);
		w.postMessage(location.origin.replace("http", "ws") + "/echo");
	})`, nil); err != nil {
		t.Fatal(err)
	}
	wait(ctx, t, panel, `(tetherscopePage.network(), (`+rows+`).some((r) => r.includes("from a worker")))`)
	if bad := panel.Exceptions(); len(bad) > 0 {
		t.Errorf("the panel threw: %v", bad)
	}
	if bad := page.Exceptions(); len(bad) > 0 {
		t.Errorf("the page threw: %v", bad)
	}
}

// wait waits until an expression is true, also while what it asks is still being loaded.
func wait(ctx context.Context, t *testing.T, p *chrome.Page, expression string) {
	t.Helper()
	for {
		var ok bool
		err := p.Eval(ctx, `Promise.resolve(`+expression+`).then(Boolean)`, &ok)
		if ok {
			return
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			var seen []string
			_ = p.Eval(context.WithoutCancel(t.Context()), rows, &seen)
			t.Fatalf("never true: %s (%v)\nrows: %v", expression, err, seen)
		}
	}
}

// picture saves what a target shows.
func picture(ctx context.Context, t *testing.T, p *chrome.Page, name string) {
	t.Helper()
	var reply struct{ Data string }
	if err := p.Call(ctx, "Page.captureScreenshot", map[string]any{"format": "png"}, &reply); err != nil {
		t.Fatal(err)
	}
	data, err := base64.StdEncoding.DecodeString(reply.Data)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

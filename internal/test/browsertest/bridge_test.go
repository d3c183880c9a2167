package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/internal/test/wstest"
)

// These tests prove that static/bridge.js needs one line, anywhere before the program starts, whatever starts it; that
// several programs share a page without meeting; that nothing stays on the global object; and that a program which ends
// takes its sockets with it.

// startScript is JavaScript that starts one program, as every loader does.
const startScript = `
	globalThis.results = {};
	globalThis.start = async (name, more = {}) => {
		const go = new Go();
		go.env = { NAME: name, WS_URL: URL_OF_SERVER + "?key=" + name, ...more };
		const { instance } = await WebAssembly.instantiateStreaming(fetch("/boot.wasm"), go.importObject);
		return go.run(instance);
	};`

func TestBridgeOnPagesOfManyKinds(t *testing.T) {
	needBrowser(t)
	site := newSite(t)
	const bridge, exec = `<script src="/bridge.js"></script>`, `<script src="/wasm_exec.js"></script>`
	for _, tc := range []struct {
		name, html string
		bridged    bool
	}{
		{"bridge first", bridge + exec + `<script>START; start("a")</script>`, true},
		{"bridge second", exec + bridge + `<script>START; start("a")</script>`, true},
		{"bridge twice", bridge + exec + bridge + `<script>START; start("a")</script>`, true},
		{"bridge from a module", exec + `<script type="module">import "/bridge.js"; START; start("a")</script>`, true},
		{"no bridge", exec + `<script>START; start("a")</script>`, false},
		{"bridge while the program is being fetched", exec + `<script>START; start("a"); document.write('<script src="/bridge.js"></' + 'script>')</script>`, true},
		{"a Go object that cannot be resumed", bridge + `<script src="/wasm_exec_renamed.js"></script><script>START; start("a")</script>`, true},
		{"a worker", `<script>globalThis.results = {};
			const w = new Worker("/worker.js");
			w.onmessage = (e) => { results.a = e.data };</script>`, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := chrome.Open(t, site.browser, site.page(tc.html))
			chrome.Wait(t, p, `results.a`)
			got := chrome.Get[struct {
				Got     string
				Bridged bool
			}](t, p, `results.a`)
			if got.Got != "a" || got.Bridged != tc.bridged {
				t.Errorf("%+v, want an echo of a, bridged %v", got, tc.bridged)
			}
			if errs := p.Exceptions(); len(errs) > 0 {
				t.Errorf("the page threw %q", errs)
			}
			_ = p.Close(t.Context())
		})
	}
}

func TestBridgeLeavesNothingBehind(t *testing.T) {
	needBrowser(t)
	site := newSite(t)
	p := chrome.Open(t, site.browser, site.page(`<script>globalThis.before = new Set(Reflect.ownKeys(globalThis))</script>
		<script src="/bridge.js"></script><script src="/wasm_exec.js"></script><script>START; start("a")</script>`))
	chrome.Wait(t, p, `results.a?.bridged`)
	left := chrome.Get[[]string](t, p, `Reflect.ownKeys(globalThis).filter(k => !before.has(k)).map(String).sort()`)
	// What wasm_exec.js and this test put there themselves.
	if want := "Go before fs path process results start"; strings.Join(left, " ") != want {
		t.Errorf("on globalThis: %q, want %q", left, want)
	}
}

func TestProgramsOnOnePageDoNotMeet(t *testing.T) {
	needBrowser(t)
	site := newSite(t)
	p := chrome.Open(t, site.browser, site.page(`<script src="/bridge.js"></script><script src="/wasm_exec.js"></script>
		<script>START; start("a"); start("b"); start("c", {EXIT: "1"}).then(() => { globalThis.exited = true })</script>`))
	chrome.Wait(t, p, `results.a && results.b && results.c && exited`)
	for _, name := range []string{"a", "b", "c"} {
		if got := chrome.Get[string](t, p, "results."+name+".got"); got != name {
			t.Errorf("program %s received %q", name, got)
		}
	}
	// c ended without closing: its socket must be gone, those of the others not.
	chrome.Wait(t, p, `fetch("/stats?key=c").then(r => r.json()).then(s => s.live === 0)`)
	for _, name := range []string{"a", "b"} {
		if s := site.ws.Stats(name); s.Live != 1 {
			t.Errorf("program %s has %d connections, want 1", name, s.Live)
		}
	}
	if errs := p.Exceptions(); len(errs) > 0 {
		t.Errorf("the page threw %q", errs)
	}
}

// site serves pages, the boot program, and a test server for WebSockets from one origin.
type site struct {
	browser *chrome.Browser
	ws      *wstest.Server
	url     string
	pages   map[string]string
}

func newSite(t *testing.T) *site {
	t.Helper()
	wasm := filepath.Join(t.TempDir(), "boot.wasm")
	goTool(t, []string{"GOOS=js", "GOARCH=wasm"}, "build", "-o", wasm, "../../../wasm/internal/jsbridge/testdata/boot")
	root, err := goEnv("GOROOT")
	if err != nil {
		t.Fatal(err)
	}
	wasmExec := filepath.Join(root, "lib", "wasm", "wasm_exec.js")
	s := &site{ws: wstest.New(), pages: map[string]string{}}
	mux := http.NewServeMux()
	mux.Handle("/", s.ws)
	mux.HandleFunc("/boot.wasm", file(wasm, "application/wasm"))
	mux.HandleFunc("/wasm_exec.js", file(wasmExec, "text/javascript"))
	mux.HandleFunc("/wasm_exec_renamed.js", func(w http.ResponseWriter, _ *http.Request) {
		b, err := os.ReadFile(wasmExec)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(bytes.ReplaceAll(b, []byte("_resume"), []byte("_continue")))
	})
	mux.HandleFunc("/bridge.js", file(filepath.Join("..", "..", "..", "static", "bridge.js"), "text/javascript"))
	mux.HandleFunc("/page/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(s.pages[r.URL.Path]))
	})
	mux.HandleFunc("/worker.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = fmt.Fprintf(w, `importScripts("/bridge.js", "/wasm_exec.js"); %s; start("a");
			const i = setInterval(() => { if (results.a) { postMessage(results.a); clearInterval(i) } }, 5)`, s.start())
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	t.Cleanup(s.ws.Close)
	s.url = server.URL
	s.browser = chrome.New(t)
	return s
}

func (s *site) start() string {
	return strings.ReplaceAll(startScript, "URL_OF_SERVER", `"`+strings.Replace(s.url, "http", "ws", 1)+`/echo"`)
}

// page returns the URL of a page with this body.
func (s *site) page(html string) string {
	path := fmt.Sprintf("/page/%d", len(s.pages))
	s.pages[path] = `<!doctype html><link rel="icon" href="data:,">` + strings.ReplaceAll(html, "START", s.start())
	return s.url + path
}

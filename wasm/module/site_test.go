//go:build !js

// These tests prove what the JS module promises, in a real Chromium, from a server with a strict Content-Security-Policy.
package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/internal/test/wstest"
)

const static = "../../static"

// built is the folder with what the build makes, made from the present sources.
var built string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "module")
	if err == nil {
		built = dir
		err = build()
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = chrome.Share(m)
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// build makes both WASM modules and the JS module, and copies wasm_exec.js of the Go that builds them.
func build() error {
	if out, err := exec.Command("../../ci/bundle.sh", built).CombinedOutput(); err != nil {
		return fmt.Errorf("ci/bundle.sh: %w\n%s", err, out)
	}
	for name, pkg := range map[string]string{"tether.wasm": ".", "panics.wasm": "./testdata/panics"} {
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(built, name), pkg)
		cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	script, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib/wasm/wasm_exec.js"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(built, "wasm_exec.js"), script, 0o600)
}

// site serves the assets, odd things under /odd/, and the scripts of wstest under /ws/.
type site struct {
	*httptest.Server
	browser *chrome.Browser
	ws      *wstest.Server
	calls   http.Handler // of /ws/calls

	late  chan struct{} // closed by /odd/let-late-go: /odd/late.wasm comes then
	letGo sync.Once
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{browser: chrome.New(t), ws: wstest.New(), late: make(chan struct{})}
	s.Server = httptest.NewServer(s)
	t.Cleanup(func() {
		s.ws.Close()
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

const strict = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ws://127.0.0.1:* wss://127.0.0.1:*; img-src 'self'; style-src 'self'; frame-src 'self'"

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/ws/calls":
		s.calls.ServeHTTP(w, r)
		return
	case "/ws/slowly":
		slowly(w, r)
		return
	case "/ws/handshake":
		handshake(w, r)
		return
	case "/ws/elsewhere":
		http.Redirect(w, r, "/ws/echo", http.StatusFound)
		return
	}
	if path, ok := strings.CutPrefix(r.URL.Path, "/ws/"); ok {
		r.URL.Path = "/" + path
		s.ws.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Security-Policy", strict)
	w.Header().Set("Cache-Control", "no-store")
	if strings.HasPrefix(r.URL.Path, "/odd/") {
		s.odd(w, r)
		return
	}
	for _, dir := range []string{static, built, "."} {
		name := filepath.Join(dir, filepath.FromSlash(r.URL.Path))
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			http.ServeFile(w, r, name)
			return
		}
	}
	http.NotFound(w, r)
}

// odd serves what a page should not get.
func (s *site) odd(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/odd/besides/") {
		besides(w, r)
		return
	}
	switch r.URL.Path {
	case "/odd/page":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>test</title>")
	case "/odd/text.wasm":
		w.Header().Set("Content-Type", "text/plain")
		module, _ := os.ReadFile(filepath.Join(built, "tether.wasm"))
		_, _ = w.Write(module)
	case "/odd/garbage.wasm":
		w.Header().Set("Content-Type", "application/wasm")
		fmt.Fprint(w, "<html>not found</html>")
	case "/odd/late.wasm":
		select {
		case <-s.late:
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "application/wasm")
		module, _ := os.ReadFile(filepath.Join(built, "tether.wasm"))
		_, _ = w.Write(module)
	case "/odd/let-late-go":
		s.letGo.Do(func() { close(s.late) })
	case "/odd/cut.wasm", "/odd/busy.wasm", "/odd/short.wasm":
		damaged(w, r)
	case "/odd/recorder.mjs":
		recorder(w)
	default:
		http.NotFound(w, r)
	}
}

// page is an empty page of a site in which the module has not been imported yet.
func (s *site) page(t *testing.T) *chrome.Page {
	t.Helper()
	return chrome.Open(t, s.browser, s.URL+"/odd/page")
}

// prelude is what every script below can use.
const prelude = `
const { TetherSocket, init } = await import('/tether.mjs');
const at = (path) => 'ws://' + location.host + '/ws' + path;
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const once = (socket, type) => new Promise((resolve) => { socket.addEventListener(type, resolve, { once: true }); });
const failure = (promise) => promise.then(() => 'no error', (error) => error.constructor.name + ': ' + error.message);
const fast = { minDelay: 5, maxDelay: 20 };
`

// run runs the body of an async function in p and returns what it returns.
func run[T any](t *testing.T, p *chrome.Page, body string) T {
	t.Helper()
	return chrome.Get[T](t, p, "(async () => {"+prelude+body+"})()")
}

// same fails the test unless got, as JSON, is want.
func same(t *testing.T, got any, want string) {
	t.Helper()
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
}

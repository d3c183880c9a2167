//go:build !js

// These tests prove in a real Chromium that tether, in JS and in Go, tells an open panel of its origin about its life: with no
// configuration in the page, and no script of the panel's in it.
package panel_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/tetherscope/tetherscope/internal/chrome"
)

// flaky serves a WebSocket that refuses every attempt until it is told to be up; then it echoes, and closes on "bye".
func flaky(s *stub) (up *atomic.Bool) {
	up = new(atomic.Bool)
	s.extra.HandleFunc("/flaky", func(w http.ResponseWriter, r *http.Request) {
		if !up.Load() {
			http.Error(w, "not yet", http.StatusServiceUnavailable)
			return
		}
		r.URL.Path = "/echo"
		s.extra.ServeHTTP(w, r)
	})
	return up
}

// TestATetherSocketIsHeardWithoutALine: attempts, delays, causes and the queue of a resilient socket that cannot connect, then its
// messages, its loss with code and reason, and its end.
func TestATetherSocketIsHeardWithoutALine(t *testing.T) {
	s := newStub(t)
	if _, err := os.Stat("../static/dist/tether.mjs"); err != nil {
		if os.Getenv(chrome.RequireTools) != "" {
			t.Fatal("static/dist/tether.mjs is missing: run make assets")
		}
		t.Skip("static/dist/tether.mjs is missing: run make assets")
	}
	pages(s)
	up := flaky(s)
	p := s.watch(t)
	wide(t, p)
	q := tab(t, p, s.URL+"/bare.html")
	chrome.Get[bool](t, q, `(async () => {
		const { TetherSocket } = await import("/dist/tether.mjs");
		globalThis.socket = new TetherSocket(location.origin.replace("http", "ws") + "/flaky", [], { resilient: { minDelay: 50, maxDelay: 500 } });
		socket.send("first in the queue");
		socket.on("message", ({ data }) => { if (data === "first in the queue") socket.send("bye"); });
		return true;
	})()`)
	hears(t, p, "request", "/flaky")
	hears(t, p, "attempt", "1 messages (18 bytes) wait")
	hears(t, p, "wait", "attempt ", " ms: cannot connect (try again); 1 messages (18 bytes) wait")
	if told := q.Exceptions(); len(told) > 0 {
		t.Errorf("the page threw: %v", told)
	}
	up.Store(true)
	hears(t, p, "closed", "4001", "as you wish", "clean")
	narrow(t, p, "first in the queue")
	hears(t, p, "↑ text", "first in the queue")
	hears(t, p, "↓ text", "first in the queue")
	narrow(t, p, "lost")
	hears(t, p, "lost", "4001 as you wish, clean")
}

// narrow filters the panel, so that rows are in sight however many attempts there were.
func narrow(t *testing.T, p *chrome.Page, query string) {
	t.Helper()
	chrome.Get[any](t, p, `void ((box) => {
		box.value = `+quote(query)+`;
		box.dispatchEvent(new Event("input", { bubbles: true }));
	})(document.getElementById("filter"))`)
}

// TestTetherForGoIsHeard: the same of a WASM program that uses package tell, on a page that loads nothing of the panel's.
func TestTetherForGoIsHeard(t *testing.T) {
	s := newStub(t)
	wasm := filepath.Join(t.TempDir(), "telling.wasm")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", wasm, "./testdata/telling")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	pages(s)
	s.extra.HandleFunc("/telling.wasm", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/wasm")
		http.ServeFile(w, r, wasm)
	})
	up := flaky(s)
	p := s.watch(t)
	wide(t, p)
	q := tab(t, p, s.URL+"/bare.html")
	chrome.Get[bool](t, q, `new Promise((done, fail) => {
		const script = document.createElement("script");
		script.src = "/wasm_exec.js";
		script.onerror = fail;
		script.onload = async () => {
			const go = new Go();
			const { instance } = await WebAssembly.instantiateStreaming(fetch("/telling.wasm"), go.importObject);
			go.run(instance);
			done(true);
		};
		document.head.append(script);
	})`)
	hears(t, p, "wait", "attempt ", "cannot connect", "(try again); 1 messages (18 bytes) wait")
	hears(t, p, "attempt", "1 messages (18 bytes) wait")
	up.Store(true)
	narrow(t, p, "no subprotocol")
	hears(t, p, "open", "no subprotocol")
	narrow(t, p, "first in the queue")
	hears(t, p, "↑ text", "first in the queue")
	hears(t, p, "↓ text", "first in the queue")
	if told := q.Exceptions(); len(told) > 0 {
		t.Errorf("the page threw: %v", told)
	}
}

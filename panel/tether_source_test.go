//go:build !js

// These tests prove in a real Chromium that tether, in JS and in Go, reports its connections to an open panel of its origin: with no
// configuration in the page, and no script of the panel's in it.
package panel_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// flaky serves a WebSocket that refuses every attempt until it is switched on; then it echoes, and closes on "bye".
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

// TestATetherSocketIsRecordedWithoutALine: attempts, delays, causes and the queue of a resilient socket that cannot connect, then its
// messages, its loss with code and reason, and its end; and what a plain one sends.
func TestATetherSocketIsRecordedWithoutALine(t *testing.T) {
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
		globalThis.socket = new TetherSocket(location.origin.replace("http", "ws") + "/flaky", [], { resilient: { minDelay: 50, maxDelay: 3000 } });
		socket.send("first in the queue");
		socket.on("message", ({ data }) => { if (data === "first in the queue") socket.send("bye"); });
		return true;
	})()`)
	waitForRow(t, p, "request", "/flaky")
	waitForRow(t, p, "attempt", "1 message (18 bytes) queued")
	waitForRow(t, p, "wait", "attempt ", " ms: cannot connect (try again); 1 message (18 bytes) queued")
	if thrown := q.Exceptions(); len(thrown) > 0 {
		t.Errorf("the page threw: %v", thrown)
	}
	up.Store(true)
	waitForRow(t, p, "closed", "4001", "as you wish", "clean")
	narrow(t, p, "first in the queue")
	waitForRow(t, p, "↑ text", "first in the queue")
	waitForRow(t, p, "↓ text", "first in the queue")
	narrow(t, p, "bye")
	waitForRow(t, p, "↑ text", "bye")
	narrow(t, p, "as you wish")
	waitForRow(t, p, "lost", "4001 as you wish, clean")
	chrome.Get[bool](t, q, `(async () => {
		const { TetherSocket } = await import("/dist/tether.mjs");
		globalThis.plain = new TetherSocket(location.origin.replace("http", "ws") + "/echo");
		plain.on("open", () => { plain.send("said plainly"); plain.send(new TextEncoder().encode("in bytes")); });
		return true;
	})()`)
	narrow(t, p, "said plainly")
	waitForRow(t, p, "↑ text", "said plainly")
	narrow(t, p, "op:binary")
	waitForRow(t, p, "↑ binary", "69 6e 20 62")
}

// narrow filters the panel, so that rows are in sight however many attempts there were. A word is looked for in payloads and reasons, not in
// the column "type"; and the filter takes effect some time later: a row that it hides may pass for shown until then.
func narrow(t *testing.T, p *chrome.Page, query string) {
	t.Helper()
	chrome.Get[any](t, p, `void ((box) => {
		box.value = `+quote(query)+`;
		box.dispatchEvent(new Event("input", { bubbles: true }));
	})(document.getElementById("filter"))`)
}

// TestTetherForGoIsShown: the same of a WASM program that uses package inspect, on a page that loads nothing of the panel's.
func TestTetherForGoIsShown(t *testing.T) {
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
	waitForRow(t, p, "wait", "attempt ", "cannot connect", "(try again); 1 message (18 bytes) queued")
	waitForRow(t, p, "attempt", "1 message (18 bytes) queued")
	up.Store(true)
	narrow(t, p, "no subprotocol")
	waitForRow(t, p, "open", "no subprotocol")
	narrow(t, p, "first in the queue")
	waitForRow(t, p, "↑ text", "first in the queue")
	waitForRow(t, p, "↓ text", "first in the queue")
	if thrown := q.Exceptions(); len(thrown) > 0 {
		t.Errorf("the page threw: %v", thrown)
	}
}

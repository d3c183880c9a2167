//go:build !js

package main_test

import (
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestInit: loading happens once, leaves nothing behind on the page, and says what went wrong when it does not work.
func TestInit(t *testing.T) {
	s := newSite(t)
	module, err := os.ReadFile(filepath.Join(built, "tether.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha512.Sum384(module)
	integrity := "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
	for _, c := range []struct{ name, body, want string }{
		{
			"every caller gets the same promise", `
			const first = init();
			const same = init() === first && init({ wasmURL: '/nowhere' }) === first;
			await first;
			const loaded = () => performance.getEntriesByType('resource').filter((e) => e.name.endsWith('.wasm')).length;
			while (loaded() === 0) await pause(5); // the entry may come after the content
			return [same, init() === first, loaded()];`,
			`[true,true,1]`,
		},
		{
			"nothing is left on globalThis", `
			const before = Object.getOwnPropertyNames(globalThis).sort().join();
			await init();
			return [Object.getOwnPropertyNames(globalThis).sort().join() === before, typeof Go, typeof fs, typeof process, typeof path];`,
			`[true,"undefined","undefined","undefined","undefined"]`,
		},
		{
			"what the page has under these names stays", `
			globalThis.Go = 'mine';
			globalThis.process = { env: {} };
			const { process } = globalThis;
			await init();
			return [Go, globalThis.process === process, typeof fs];`,
			`["mine",true,"undefined"]`,
		},
		{"a module that is already compiled", `
			const module = await WebAssembly.compileStreaming(fetch('/tether.wasm'));
			return failure(init({ module }));`, `"no error"`},
		{"another place", `return failure(init({ wasmURL: new URL('/tether.wasm', location) }));`, `"no error"`},
		{"a wrong MIME type is loaded all the same", `return failure(init({ wasmURL: '/odd/text.wasm' }));`, `"no error"`},
		{"integrity holds", `return failure(init({ integrity: '` + integrity + `' }));`, `"no error"`},
		{
			"integrity does not hold", `return failure(init({ wasmURL: '/panics.wasm', integrity: '` + integrity + `' }));`,
			`"Error: tether: cannot load /panics.wasm: its content does not match integrity"`,
		},
		{
			"a place where nothing is", `return failure(init({ wasmURL: '/odd/missing.wasm' }));`,
			`"Error: tether: cannot load /odd/missing.wasm: the server answered 404 Not Found"`,
		},
		{
			"something else than WASM", `return (await failure(init({ wasmURL: '/odd/garbage.wasm' }))).replace(/WebAssembly.*/, '…');`,
			`"Error: tether: /odd/garbage.wasm is not the module tether expects: …"`,
		},
		{
			"another WASM module", `
			const empty = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
			return failure(init({ module: empty }));`,
			`"Error: tether: the module is not tether.wasm: it does not export tether_abi"`,
		},
		{
			"wrong arguments", `return [await failure(init(null)), await failure(init('x')), await failure(init({ module: 5 }))];`,
			`["TypeError: tether: init takes an options object, not null","TypeError: tether: init takes an options object, not String",` +
				`"TypeError: tether: init: module must be a WebAssembly.Module, not Number"]`,
		},
		{"after a failure the next call tries again", `
			const failed = await failure(init({ wasmURL: '/odd/missing.wasm' }));
			return [failed !== 'no error', await failure(init())];`, `[true,"no error"]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			same(t, run[any](t, s.page(t), c.body), c.want)
		})
	}
}

// TestOtherGoPrograms: a Go program that the page loads in the ordinary way runs beside ours, in either order.
func TestOtherGoPrograms(t *testing.T) {
	s := newSite(t)
	const other = `
		const other = async () => {
			const script = Object.assign(document.createElement('script'), { src: '/wasm_exec.js' });
			document.head.append(script);
			await new Promise((resolve) => { script.onload = resolve; });
			const go = new Go();
			const { instance } = await WebAssembly.instantiateStreaming(fetch('/panics.wasm'), go.importObject);
			go.run(instance);
			return instance.exports.tether_abi();
		};
		const works = async () => {
			const socket = new TetherSocket(at('/drop-first?key=' + Math.random() + '&times=1'), [], { resilient: fast });
			await once(socket, 'disconnect');
			await once(socket, 'open');
			socket.close();
			return typeof Go;
		};`
	for name, body := range map[string]string{
		"before ours": "return [await other(), await works(), await other()];",
		"at once":     "return Promise.all([other(), works(), other()]);",
	} {
		t.Run(name, func(t *testing.T) {
			same(t, run[any](t, s.page(t), other+body), `[5,"function",5]`)
		})
	}
}

// TestPanic: when Go panics, onExit and every resilient socket get the reason, what is connected goes on, and a later init
// starts a new engine.
func TestPanic(t *testing.T) {
	s := newSite(t)
	got := run[map[string]any](t, s.page(t), `
		let exits = [];
		await init({ wasmURL: '/panics.wasm', onExit: (error) => exits.push(error.message) });
		const reported = [];
		const sockets = [1, 2].map(() => new TetherSocket(at('/echo'), [], { resilient: true }));
		const plain = new TetherSocket(at('/echo'));
		plain.onerror = () => reported.push('plain');
		sockets.forEach((socket) => { socket.onerror = (event) => reported.push(event.message); });
		await Promise.all(sockets.map((socket) => once(socket, 'open')));
		while (reported.length < 2) await pause(5);
		const reply = once(sockets[0], 'message');
		sockets[0].send('still here');
		const { data } = await reply;
		let refused = '';
		try { sockets[0].reconnect(); } catch (error) { refused = error.name; }
		sockets[0].close(4000, 'done');
		const { code } = await once(sockets[0], 'close');
		await init();
		const next = new TetherSocket(at('/drop-first?key=after-panic&times=1'), [], { resilient: fast });
		await once(next, 'disconnect');
		await once(next, 'open');
		return { exits, reported, data, refused, code, state: next.state };`)
	const why = "tether: the WASM engine has stopped: panic: on purpose"
	for _, reported := range append(got["reported"].([]any), got["exits"].([]any)...) {
		if !strings.HasPrefix(reported.(string), why) {
			t.Errorf("reported %q", reported)
		}
	}
	delete(got, "reported")
	delete(got, "exits")
	same(t, got, `{"code":4000,"data":"still here","refused":"InvalidStateError","state":"open"}`)
}

// TestWithoutEngine: while the engine is loading, and when it cannot be loaded, plain sockets know nothing of it and
// resilient ones connect, carry messages, and say that they will not come back.
func TestWithoutEngine(t *testing.T) {
	s := newSite(t)
	same(t, run[any](t, s.page(t), `
		init({ wasmURL: '/odd/missing.wasm' }).catch(() => {});
		const socket = new TetherSocket(at('/echo'), [], { resilient: true });
		const plain = new TetherSocket(at('/close?n=1&code=4001'));
		const seen = [];
		plain.on('*', (event) => seen.push('plain ' + event.type));
		socket.send('from the first line');
		const reported = once(socket, 'error');
		const { data } = await once(socket, 'message');
		if (plain.state !== 'closed') await once(plain, 'close');
		seen.push(data, (await reported).message, socket.state);
		socket.close(4000, 'bye');
		const { code, reason } = await once(socket, 'close');
		return [...seen, code, reason];`),
		`["plain open","plain message","plain close","from the first line",`+
			`"tether: cannot load /odd/missing.wasm: the server answered 404 Not Found","open",4000,"bye"]`)
}

// requested counts the requests for each damaged module of each site.
var requested sync.Map

// damaged serves the module whole from its third request on. Before that the connection ends in the middle, the server is busy, or
// half a file looks like a whole one.
func damaged(w http.ResponseWriter, r *http.Request) {
	n, _ := requested.LoadOrStore(r.Host+r.URL.String(), new(atomic.Int32))
	module, _ := os.ReadFile(filepath.Join(built, "tether.wasm"))
	w.Header().Set("Content-Type", "application/wasm")
	switch {
	case n.(*atomic.Int32).Add(1) > 2:
		_, _ = w.Write(module)
	case strings.HasSuffix(r.URL.Path, "busy.wasm"):
		http.Error(w, "later", http.StatusServiceUnavailable)
	case strings.HasSuffix(r.URL.Path, "short.wasm"):
		_, _ = w.Write(module[:len(module)/2])
	default:
		w.Header().Set("Content-Length", strconv.Itoa(len(module)))
		_, _ = w.Write(module[:len(module)/2])
		panic(http.ErrAbortHandler)
	}
}

// TestEngineIsTriedAgain: a download that fails by chance is reported once, and made again: the socket comes back as if nothing had been.
func TestEngineIsTriedAgain(t *testing.T) {
	s := newSite(t)
	for _, name := range []string{"cut", "busy", "short"} {
		t.Run(name, func(t *testing.T) {
			same(t, run[any](t, s.page(t), `
				init({ wasmURL: '/odd/`+name+`.wasm' }).catch(() => {});
				const socket = new TetherSocket(at('/drop-first?times=2&key=engine-`+name+`'), [], { resilient: fast });
				const errors = [];
				socket.on('error', ({ message }) => errors.push(message.endsWith('; it is tried again')));
				socket.on('close', () => errors.push('closed'));
				while (socket.stats().opened < 3) await pause(10);
				return errors;`), `[true]`)
		})
	}
}

// besides serves a copy of the module whose tether-engine.mjs is missing, is a page, or is served from the third request on.
func besides(w http.ResponseWriter, r *http.Request) {
	n, _ := requested.LoadOrStore(r.Host+r.URL.String(), new(atomic.Int32))
	kind, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/odd/besides/"), "/")
	switch count := n.(*atomic.Int32).Add(1); {
	case name != "tether-engine.mjs" || kind == "flaky" && count > 2:
		http.ServeFile(w, r, filepath.Join(built, name))
	case kind == "page":
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html>"))
	case kind == "flaky":
		http.Error(w, "later", http.StatusServiceUnavailable)
	default:
		http.NotFound(w, r)
	}
}

// TestEngineScript: a script that is not there, or that a server answers with a page, is reported, and the connection kept; one that a
// busy server refuses is asked for again.
func TestEngineScript(t *testing.T) {
	s := newSite(t)
	for name, want := range map[string]string{
		"missing": `["tether: tether-engine.mjs could not be loaded beside tether.mjs","open"]`,
		"page":    `["tether: tether-engine.mjs could not be loaded beside tether.mjs","open"]`,
		"flaky":   `["tether: tether-engine.mjs could not be loaded beside tether.mjs; it is tried again","twice"]`,
	} {
		t.Run(name, func(t *testing.T) {
			same(t, run[any](t, s.page(t), `
				const besides = await import('/odd/besides/`+name+`/tether.mjs');
				const socket = new besides.TetherSocket(at('`+map[bool]string{true: "/drop-first?times=1&n=1&key=script", false: "/echo"}[name == "flaky"]+`'), [], { resilient: fast });
				const { message } = await once(socket, 'error');
				const said = message.replace(/: Failed to fetch[^;]*/, '');
				if (!said.endsWith('again')) {
					if (socket.state === 'connecting') await once(socket, 'open'); // the script's failure may be faster than the handshake
					return [said, socket.state];
				}
				while (socket.stats().opened < 2) await pause(10);
				return [said, 'twice'];`), want)
		})
	}
}

// TestEngineHandedIn: a page may import the engine by itself, where it cannot be imported later.
func TestEngineHandedIn(t *testing.T) {
	s := newSite(t)
	same(t, run[any](t, s.page(t), `
		const engine = await import('/tether-engine.mjs');
		const wrong = await failure(init({ engine: 5 }));
		await init({ engine });
		const socket = new TetherSocket(at('/drop-first?times=1&key=handed'), [], { resilient: fast });
		while (socket.stats().opened < 2) await pause(10);
		return wrong;`), `"TypeError: tether: init: engine must be what \"import * as engine from './tether-engine.mjs'\" gives, not Number"`)
}

// TestServiceWorker: a resilient socket works in a service worker, to which the engine is handed in; without, the worker gets the reason.
func TestServiceWorker(t *testing.T) {
	s := newSite(t)
	for name, want := range map[string]string{"handed-in": `[2,[]]`, "missing": `[1,["service worker","service worker"]]`} {
		t.Run(name, func(t *testing.T) {
			same(t, run[any](t, s.page(t), `
				const url = '/testdata/service-worker.mjs?mode=`+name+`&url=' + encodeURIComponent(at('/drop-first?times=1&key=sw-`+name+`'));
				const registration = await navigator.serviceWorker.register(url, { type: 'module', scope: '/testdata/`+name+`/' });
				const worker = registration.installing ?? registration.waiting ?? registration.active;
				while (worker.state !== 'activated') await pause(10);
				const { port1, port2 } = new MessageChannel();
				const answer = new Promise((resolve) => { port1.onmessage = ({ data }) => resolve(data); });
				worker.postMessage('begin', [port2]);
				const got = await answer;
				await registration.unregister();
				return got;`), want)
		})
	}
}

// TestEngineArrivesLate: what happened before the engine was loaded counts, with the time at which it happened.
func TestEngineArrivesLate(t *testing.T) {
	s := newSite(t)
	got := run[map[string]any](t, s.page(t), `
		init({ wasmURL: '/odd/late.wasm' });
		const socket = new TetherSocket(at('/drop-first?key=late&times=1&n=1'), [], { resilient: fast });
		const seen = [];
		socket.on('*', (event) => { if (event.type !== 'statechange') seen.push(event.type); });
		socket.send('kept');
		await once(socket, 'disconnect');
		socket.send('kept too');
		const { readyState: waits } = socket;
		await pause(100);
		const { attempts } = socket.stats();
		await fetch('/odd/let-late-go');
		await once(socket, 'open');
		await once(socket, 'message');
		return { seen, waits, attempts, state: socket.state };`)
	same(t, got, `{"attempts":1,"seen":["open","message","disconnect","retry","open","message"],"state":"open","waits":0}`)
}

// TestPlainLoadsNothing: a page that uses plain sockets alone does not pay for the engine.
func TestPlainLoadsNothing(t *testing.T) {
	s := newSite(t)
	p := s.page(t)
	same(t, run[any](t, p, `
		const socket = new TetherSocket(at('/close?n=0&code=1000'));
		await once(socket, 'close');
		return performance.getEntriesByType('resource').map((e) => e.name).filter((name) => /wasm/.test(name));`), `[]`)
	if said := append(p.Console(), p.Exceptions()...); len(said) > 0 {
		t.Errorf("the page said %q", said)
	}
}

//go:build !js

package main_test

import (
	"crypto/sha512"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
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
			return [same, init() === first, performance.getEntriesByType('resource').filter((e) => e.name.endsWith('.wasm')).length];`,
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
			`"Error: tether: cannot load /panics.wasm (unreachable, or its content does not match integrity): Failed to fetch"`,
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
		{"after a failure the next call tries anew", `
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
			same(t, run[any](t, s.page(t), other+body), `[2,"function",2]`)
		})
	}
}

// TestPanic: when Go panics, onExit and every resilient socket are told why, what is connected goes on, and a later init
// starts a new engine.
func TestPanic(t *testing.T) {
	s := newSite(t)
	got := run[map[string]any](t, s.page(t), `
		let exits = [];
		await init({ wasmURL: '/panics.wasm', onExit: (error) => exits.push(error.message) });
		const told = [];
		const sockets = [1, 2].map(() => new TetherSocket(at('/echo'), [], { resilient: true }));
		const plain = new TetherSocket(at('/echo'));
		plain.onerror = () => told.push('plain');
		sockets.forEach((socket) => { socket.onerror = (event) => told.push(event.message); });
		await Promise.all(sockets.map((socket) => once(socket, 'open')));
		while (told.length < 2) await pause(5);
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
		return { exits, told, data, refused, code, state: next.state };`)
	const why = "tether: the WASM engine has stopped: panic: on purpose"
	for _, told := range append(got["told"].([]any), got["exits"].([]any)...) {
		if !strings.HasPrefix(told.(string), why) {
			t.Errorf("told %q", told)
		}
	}
	delete(got, "told")
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
		const told = once(socket, 'error');
		const { data } = await once(socket, 'message');
		if (plain.state !== 'closed') await once(plain, 'close');
		seen.push(data, (await told).message, socket.state);
		socket.close(4000, 'bye');
		const { code, reason } = await once(socket, 'close');
		return [...seen, code, reason];`),
		`["plain open","plain message","plain close","from the first line",`+
			`"tether: cannot load /odd/missing.wasm: the server answered 404 Not Found","open",4000,"bye"]`)
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
		const [lost, waits] = [performance.now(), socket.readyState];
		await once(socket, 'open');
		await once(socket, 'message');
		return { seen, waits, late: performance.now() - lost > 400, state: socket.state };`)
	same(t, got, `{"late":true,"seen":["open","message","disconnect","retry","open","message"],"state":"open","waits":0}`)
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

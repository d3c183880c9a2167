//go:build !js

package main_test

import (
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// cycles is how often the test below makes and closes a socket of each kind.
const cycles = "5000"

// TestNothingStaysBehind: ten thousand sockets, plain and resilient, that were made and closed leave no listener, no socket
// and no WASM memory behind.
func TestNothingStaysBehind(t *testing.T) {
	if testing.Short() {
		t.Skip("makes ten thousand sockets")
	}
	p := newSite(t).page(t)
	run[any](t, p, `
		const { instantiate } = WebAssembly;
		WebAssembly.instantiate = async (...args) => {
			const instance = await instantiate.call(WebAssembly, ...args);
			globalThis.memory = () => instance.exports.mem.buffer.byteLength;
			return instance;
		};
		await init();
		globalThis.made = 0;
		globalThis.gone = 0;
		const grave = new FinalizationRegistry(() => { gone += 1; });
		const cycle = async (options) => {
			const socket = new TetherSocket(at('/echo'), [], options);
			socket.onmessage = () => {};
			socket.on('*', () => {});
			made += 1;
			grave.register(socket);
			const end = once(socket, 'close');
			await pause(0); // the engine has been notified of it
			socket.close();
			await end;
		};
		globalThis.work = async (n) => {
			for (const options of [undefined, { resilient: true }]) {
				for (let left = n; left > 0; left -= 50) await Promise.all(Array.from({ length: 50 }, () => cycle(options)));
			}
			return null;
		};
		return null;`)
	work := func(cycles string) {
		t.Helper()
		if err := p.Eval(t.Context(), "work("+cycles+")", nil); err != nil {
			t.Fatal(err)
		}
	}
	work("2500") // Go collects its garbage when its heap has 4 MiB: until then memory grows
	type state struct{ listeners, memory float64 }
	look := func() state {
		t.Helper()
		for range 3 {
			if err := p.Call(t.Context(), "HeapProfiler.collectGarbage", nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		var reply struct{ JSEventListeners float64 }
		if err := p.Call(t.Context(), "Memory.getDOMCounters", nil, &reply); err != nil {
			t.Fatal(err)
		}
		return state{reply.JSEventListeners, run[float64](t, p, "await pause(100); return memory();")}
	}
	run[any](t, p, "globalThis.kept = new TetherSocket(at('/echo'), [], { resilient: true }); await once(kept, 'open'); return null;")
	if one := look(); one.listeners == 0 {
		t.Error("the browser counts no listeners of a socket that is there: this test would see none that stayed")
	}
	run[any](t, p, "kept.close(); await once(kept, 'close'); delete globalThis.kept; return null;")
	before := look()
	work(cycles)
	var after state
	var left float64
	await.Until(t, "the sockets are collected", func() bool { // their finalizers run when the page has time for them
		after, left = look(), run[float64](t, p, "return made - gone;")
		return left <= 5 && after.listeners <= before.listeners+5
	})
	t.Logf("sockets left %v, listeners %v then %v, WASM memory %v then %v bytes", left, before.listeners, after.listeners, before.memory, after.memory)
	if after.memory > before.memory+1<<20 {
		t.Errorf("WASM memory: %v bytes before, %v after", before.memory, after.memory)
	}
}

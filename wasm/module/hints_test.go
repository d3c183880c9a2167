//go:build !js

package main_test

import (
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// hintPrelude makes a socket that waits a quarter of an hour for its next attempt, and says what it hears.
const hintPrelude = `
const slow = { minDelay: 9e5, maxDelay: 9e5 };
const hints = [];
const waiting = async (path, settings) => {
	const socket = new TetherSocket(at(path), [], { resilient: { ...slow, ...settings } });
	socket.on('hint', ({ hint }) => hints.push(hint));
	await once(socket, 'retry');
	await pause(20);
	return socket;
};
const soon = async (socket) => Promise.race([once(socket, 'open').then(() => 'open'), pause(60_000).then(() => socket.state)]);
`

// TestHints: what the page and the network tell shortens a wait, and nothing else; the back/forward cache gets a page
// without connections. The events are dispatched by the page itself.
func TestHints(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ name, body, want string }{
		{"online cuts the wait short", `
			const socket = await waiting('/flaky?key=hint-online&fail=1');
			dispatchEvent(new Event('online'));
			return [await soon(socket), hints];`, `["open",["online"]]`},
		{"offline, hidden and freeze prove nothing", `
			const socket = new TetherSocket(at('/echo'), [], { resilient: slow });
			socket.on('hint', ({ hint }) => hints.push(hint));
			await once(socket, 'open');
			dispatchEvent(new Event('offline'));
			document.dispatchEvent(new Event('freeze'));
			await pause(50);
			return [socket.state, hints];`, `["open",["offline","frozen"]]`},
		{"what the server asked for counts more", `
			const socket = await waiting('/close?code=4200&reason=' + encodeURIComponent('{"retry":900000}'));
			dispatchEvent(new Event('online'));
			await pause(1200);
			return [socket.state, socket.stats().attempts, hints];`, `["waiting",1,["online"]]`},
		{"many hints make one attempt", `
			const socket = await waiting('/flaky?key=hint-many&fail=1');
			for (let i = 0; i < 20; i += 1) { dispatchEvent(new Event('online')); document.dispatchEvent(new Event('resume')); }
			return [await soon(socket), socket.stats().attempts];`, `["open",2]`},
		{"the back/forward cache: the connection is closed, and made again", `
			await init();
			const socket = new TetherSocket(at('/echo?key=bfcache'), [], { resilient: fast });
			await once(socket, 'open');
			await pause(0); // the engine has been notified of it
			const seen = [];
			socket.on('*', ({ type, hint }) => { if (type !== 'statechange') seen.push(hint ?? type); });
			dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
			seen.push(socket.state);
			while ((await (await fetch('/ws/stats?key=bfcache')).json()).live > 0) await pause(5);
			seen.push(socket.stats().opened);
			dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
			await soon(socket);
			return [seen, socket.stats().opened, socket.state];`, `[["cached","disconnect","retry","waiting",1,"restored","open"],2,"open"]`},
		{"a page that is left for good is not parked", `
			const socket = new TetherSocket(at('/echo'), [], { resilient: fast });
			await once(socket, 'open');
			dispatchEvent(new PageTransitionEvent('pagehide', { persisted: false }));
			return socket.state;`, `"open"`},
		{"a page that runs again, and one that is seen again, cut the wait short", `
			const frozen = await waiting('/flaky?key=hint-resume&fail=1');
			document.dispatchEvent(new Event('resume'));
			const first = await soon(frozen);
			const hidden = await waiting('/flaky?key=hint-visible&fail=1');
			document.dispatchEvent(new Event('visibilitychange'));
			return [first, await soon(hidden), hints];`, `["open","open",["resumed","visible","visible"]]`},
		{"hints: false", `
			const socket = await waiting('/flaky?key=hint-off&fail=1', { hints: false });
			dispatchEvent(new Event('online'));
			await pause(1100);
			return [socket.state, hints];`, `["waiting",[]]`},
		{"no listener stays behind", `
			const kept = new Map();
			const count = (by, type) => kept.set(type, (kept.get(type) ?? 0) + by);
			const { addEventListener: add } = EventTarget.prototype;
			EventTarget.prototype.addEventListener = function counted(type, f, options) {
				if (this === globalThis || this === document) { count(1, type); options?.signal?.addEventListener('abort', () => count(-1, type)); }
				return add.call(this, type, f, options);
			};
			const sockets = [1, 2, 3].map(() => new TetherSocket(at('/echo'), [], { resilient: fast }));
			const during = kept.get('online');
			await Promise.all(sockets.map(async (socket) => { socket.close(); await once(socket, 'close'); }));
			return [during, [...kept.values()].every((n) => n === 0), kept.size > 5];`, `[1,true,true]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			same(t, run[any](t, s.page(t), hintPrelude+c.body), c.want)
		})
	}
}

// TestRealHints: Chromium itself takes the network away and gives it back. (Headless, it freezes no page.)
func TestRealHints(t *testing.T) {
	p := newSite(t).page(t)
	run[any](t, p, hintPrelude+`
		globalThis.socket = await waiting('/flaky?key=hint-real&fail=1');
		globalThis.hints = hints;
		return null;`)
	for _, offline := range []bool{true, false} {
		if err := p.SetOffline(t.Context(), offline); err != nil {
			t.Fatal(err)
		}
	}
	chrome.Wait(t, p, "socket.state === 'open'")
	same(t, run[any](t, p, "return [hints.filter((hint) => !/visible|hidden/.test(hint)), socket.state];"), `[["offline","online"],"open"]`)
}

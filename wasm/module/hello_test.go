//go:build !js

package main_test

import "testing"

// TestHello: the first words of a connection leave before anything else, on every connection, and end in a failed attempt when they fail.
func TestHello(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ name, body, want string }{
		{"the order: hello, what it returns, the queue, what an open listener sends", `
			const socket = new TetherSocket(at('/echo'), ['v1'], { resilient: { ...fast, async hello({ send, answer, attempt, protocol }) {
				send('auth ' + attempt + ' ' + protocol);
				return ['answer to ' + await answer(), 'second'];
			} } });
			const got = [];
			socket.on('message', ({ data }) => got.push(data));
			socket.on('open', () => socket.send('listener'));
			socket.send('queued');
			while (got.length < 4) await pause(5);
			return [got, socket.stats().messagesSent];`, `[["answer to auth 1 v1","second","queued","listener"],5]`},
		{"on every connection, with a codec", `
			let said = 0;
			const socket = new TetherSocket(at('/drop-first?key=hello&times=2'), [], { codec: 'json', resilient: { ...fast, hello: () => ({ hello: ++said }) } });
			const { data } = await once(socket, 'message');
			return [data.hello === said, said, socket.stats().opened];`, `[true,3,3]`},
		{"not open before it is done; what arrived meanwhile follows open", `
			let done;
			const socket = new TetherSocket(at('/drop?n=3&ask=1&key=meanwhile'), [], { resilient: { ...fast, hello: () => new Promise((resolve) => { done = resolve; }) } });
			const seen = [];
			socket.on('*', ({ type, data }) => { if (type !== 'statechange') seen.push(data ?? type); });
			while (!done) await pause(5);
			await pause(100);
			seen.push(socket.state, socket.readyState);
			done();
			while (seen.length < 6) await pause(5);
			socket.close();
			return seen;`, `["connecting",0,"open","0","1","2"]`},
		{"one that throws is a failed attempt, and is tried again", `
			let times = 0;
			const socket = new TetherSocket(at('/echo'), [], { resilient: { ...fast, hello({ attempt }) { if (++times < 3) throw new Error('attempt ' + attempt); } } });
			const seen = [];
			socket.on('*', ({ type, message, cause }) => { if (type === 'error') seen.push(message); if (type === 'disconnect') seen.push(type); });
			await once(socket, 'open');
			return [seen, socket.stats().opened];`, `[["attempt 1","attempt 2"],1]`},
		{"a permanent error ends the socket", `
			const socket = new TetherSocket(at('/echo'), [], { resilient: { ...fast, hello: async () => { throw Object.assign(new Error('not welcome'), { permanent: true }); } } });
			const seen = [];
			socket.on('*', ({ type, message }) => { if (type !== 'statechange') seen.push(message ?? type); });
			await once(socket, 'close');
			return [seen, socket.stats().attempts];`, `[["not welcome","close"],1]`},
		{"an answer that the codec cannot read is no reason to stop", `
			let first = true;
			const socket = new TetherSocket(at('/drop?n=1&ask=1&key=unreadable'), [], { codec: { encode: String, decode: () => { throw new SyntaxError('unreadable'); } },
				resilient: { ...fast, async hello({ answer }) { if (first) { first = false; await answer(); } } } });
			const { message } = await once(socket, 'error');
			await once(socket, 'open');
			return [message, socket.stats().attempts];`, `["unreadable",2]`},
		{"the connect timeout bounds it", `
			const aborted = [];
			const socket = new TetherSocket(at('/echo?key=endless'), [], { resilient: { ...fast, connectTimeout: 250, hello: ({ signal, answer }) => {
				signal.onabort = () => aborted.push(signal.reason.name);
				return answer();
			} } });
			while (aborted.length < 2) await pause(5); // on a slow machine an attempt may end before its hello begins
			const seen = [...aborted];
			socket.close();
			await once(socket, 'close');
			while ((await (await fetch('/ws/stats?key=endless')).json()).live > 0) await pause(10);
			return [seen, socket.stats().opened];`, `[["AbortError","AbortError"],0]`},
		{"close ends it", `
			let begun;
			const socket = new TetherSocket(at('/never-close'), [], { resilient: { ...fast, hello: () => new Promise(() => { begun = true; }) } });
			while (!begun) await pause(5);
			const end = once(socket, 'close');
			socket.close(4000, 'enough');
			const { readyState } = socket;
			return [readyState, (await end).code];`, `[2,1006]`},
		{"more messages than the queue has room for fail the attempt", `
			const socket = new TetherSocket(at('/push?n=50&size=10'), [], { resilient: { ...fast, queueMessages: 20, maxAttempts: 1, hello: ({ signal }) => new Promise((resolve) => { signal.onabort = resolve; }) } });
			const { message } = await once(socket, 'error');
			return message;`, `"tether: hello: more messages arrived than the queue has room for"`},
		{"4401 asks for the token once more, and stops at the second one in a row", `
			let asked = 0;
			const socket = new TetherSocket(() => at(asked++ === 0 ? '/close?code=4401' : '/echo'), [], { resilient: fast });
			const { rule } = await once(socket, 'retry');
			await once(socket, 'open');
			const refused = new TetherSocket(() => at('/close?code=4401&n=1'), [], { resilient: fast });
			const { code } = await once(refused, 'close');
			const fixed = new TetherSocket(at('/close?code=4401'), [], { resilient: fast });
			await once(fixed, 'close');
			return [rule, asked, code, refused.stats().attempts, fixed.stats().attempts];`, `["unauthorized: the page is asked for a token once more",2,4401,2,1]`},
		{"3000 asks once more too, but not where the server says that it is final", `
			let asked = 0;
			const socket = new TetherSocket(() => at(asked++ === 0 ? '/close?code=3000' : '/echo'), [], { resilient: fast });
			await once(socket, 'retry'); // the refused connection opens as well: only the "open" behind the retry is the second one's
			await once(socket, 'open');
			const final = new TetherSocket(() => at('/close?code=4401&reason=' + encodeURIComponent('{"reconnect":false}')), [], { resilient: fast });
			await once(final, 'close');
			return [asked, final.stats().attempts];`, `[2,1]`},
		{"a refusal after a long life is the first one again", `
			let asked = 0;
			const socket = new TetherSocket(() => at('/close?ask=1&key=life' + ++asked + '&code=' + (asked < 4 ? 4401 : 4001)), [], { resilient: { ...fast, minUptime: 30 } });
			socket.on('open', async () => { await pause(40); await fetch('/ws/release?key=life' + asked); }); // the life is measured here, not at the server
			const { code } = await once(socket, 'close');
			return [code, asked];`, `[4001,4]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			same(t, run[any](t, s.page(t), c.body), c.want)
		})
	}
}

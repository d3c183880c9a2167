//go:build !js

package main_test

import (
	"encoding/json"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/npm"
)

// TestFailover: an attempt goes to the first server that has not failed lately, and what one server asks to wait for does not hold up
// the way to another.
func TestFailover(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ name, body, want string }{
		{"a server that does not answer is followed by the next one", `
			const socket = new TetherSocket('ws://127.0.0.1:1/', [], { resilient: { ...fast, failover: ['ws://127.0.0.1:1/b', at('/echo')] } });
			await once(socket, 'open');
			const { url } = socket;
			socket.send('hello');
			return [url === at('/echo'), (await once(socket, 'message')).data, socket.stats().attempts];`, `[true,"hello",3]`},
		{"what one asks to wait for holds only when all are avoided", `
			const busy = (n) => at('/close?code=1012&x=' + n);
			const delays = [];
			const socket = new TetherSocket(busy(1), [], { resilient: { ...fast, failover: [new URL(busy(2)), () => Promise.resolve(busy(3))] } });
			socket.on('retry', ({ delay }) => delays.push(delay >= 5000));
			while (delays.length < 3) await pause(5);
			socket.close();
			return delays;`, `[false,false,true]`},
		{"a retry hint always holds", `
			const socket = new TetherSocket(at('/close?code=1012&reason=' + encodeURIComponent('{"retry":3000}')), [], { resilient: { ...fast, failover: [at('/echo')] } });
			const { delay } = await once(socket, 'retry');
			socket.close();
			return delay >= 3000;`, `true`},
		{"of servers that have all failed the first one that did comes next", `
			const path = (n) => at('/close?code=1011&n=1&x=' + n);
			const seen = [];
			const socket = new TetherSocket(path(1), [], { resilient: { ...fast, failover: [path(2), path(3)] } });
			socket.on('open', () => seen.push(socket.url.at(-1)));
			while (seen.length < 6) await pause(5);
			socket.close();
			return seen.join('');`, `"123123"`},
		{"reconnect blames no server", `
			const socket = new TetherSocket(at('/echo?first'), [], { resilient: { ...fast, failover: [at('/echo?second')] } });
			await once(socket, 'open');
			socket.reconnect();
			await once(socket, 'open');
			return socket.url.endsWith('first');`, `true`},
		{"a server that never answers is blamed", `
			const socket = new TetherSocket(at('/stall'), [], { resilient: { ...fast, connectTimeout: 100, failover: [at('/echo?second')] } });
			await once(socket, 'open');
			return socket.url.endsWith('second');`, `true`},
		{"what ends a connection for good ends the socket", `
			const socket = new TetherSocket(at('/close?code=4001&n=1'), [], { resilient: { ...fast, failover: [at('/echo')] } });
			return [(await once(socket, 'close')).code, socket.stats().attempts];`, `[4001,1]`},
		{"tabs share it", `
			const socket = new TetherSocket('ws://127.0.0.1:1/', [], { shared: 'failover', resilient: { ...fast, failover: ['/ws/echo'] } });
			await once(socket, 'open');
			socket.send('hello');
			return [socket.url === at('/echo'), (await once(socket, 'message')).data];`, `[true,"hello"]`},
		{
			"what cannot be", `
			const refusal = (failover, more) => { try { new TetherSocket(at('/echo'), [], { resilient: { failover }, ...more }).close(); return 'nothing'; } catch (error) { return error.name; } };
			return [refusal([]), refusal('ws://x/'), refusal([5]), refusal(['ftp://x/']), refusal(['ws://x/#f']), refusal([at('/echo')]), refusal([() => 'ws://x/'], { shared: true }), refusal(null)];`,
			`["TypeError","TypeError","TypeError","SyntaxError","SyntaxError","TypeError","TypeError","nothing"]`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			same(t, run[any](t, s.page(t), c.body), c.want)
		})
	}
}

// TestServersAreRemembered: the memory of how servers do, with a clock of its own: a failure counts for a minute, a good connection ends it,
// and a server that has refused is chosen when there is no other.
func TestServersAreRemembered(t *testing.T) {
	printed := npm.Run(t, static+"/tether", "node", "--input-type=module", "-e", `
		import { Servers, refuses } from './failover.mjs';
		let now = 1000;
		performance.now = () => now;
		const servers = new Servers('ws://a/', ['ws://b/', 'ws://c/']);
		const next = () => servers.next().at(-2);
		const seen = [];
		const fail = (refused = false) => seen.push(next() + Object.values(servers.failed(refused)).map(Number).join(''));
		fail(); fail(); now += 1; seen.push(next()); servers.opened(); seen.push(next());
		now += 60_001; seen.push(next()); // a is good again
		fail(true); fail(true); fail(true); // all have refused
		seen.push(next()); servers.opened(); now += 60_001; seen.push(next());
		console.log(JSON.stringify([seen, [200, 401, 404, 408, 425, 429, 500, 501, 503, 505, 0].filter(refuses)]));`)
	var got any
	if err := json.Unmarshal([]byte(printed), &got); err != nil {
		t.Fatal(err)
	}
	same(t, got, `[["a11","b11","c","c","a","a11","b11","c00","a","a"],[200,401,404,501,505]]`)
}

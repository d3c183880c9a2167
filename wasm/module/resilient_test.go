//go:build !js

package main_test

import "testing"

// TestResilient: conversations of a resilient socket with servers that misbehave. What was sent while there was no
// connection arrives, in order; what ends a socket for good is reported with code and reason.
func TestResilient(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ name, body, want string }{
		{
			"comes back and keeps its listeners, its queue and the order", `
			const socket = new TetherSocket(at('/drop-first?key=order&times=3'), [], { resilient: fast });
			const got = [];
			let sent = 0;
			socket.onmessage = ({ data }) => got.push(data);
			socket.on('retry', () => { for (let i = 0; i < 3; i++) socket.send(String(sent++)); });
			socket.on('open', () => { if (sent === 9) socket.send('direct'); });
			while (got.at(-1) !== 'direct') await pause(5);
			return [got.join(' '), socket.stats().opened, socket.stats().queuedMessages];`,
			`["6 7 8 direct",4,0]`,
		},
		{
			"a refused attempt is tried again", `
			const socket = new TetherSocket(at('/flaky?key=flaky&fail=3&status=503'), [], { resilient: fast });
			const seen = [];
			socket.on('retry', ({ attempt, delay, cause, rule }) => seen.push([attempt, delay >= 0 && delay <= 20, cause, rule]));
			await once(socket, 'open');
			return [seen, socket.stats().attempts, socket.readyState];`,
			`[[[2,true,"cannot connect","try again"],[3,true,"cannot connect","try again"],[4,true,"cannot connect","try again"]],4,1]`,
		},
		{
			"states, in words and numbers", `
			const socket = new TetherSocket(at('/drop-first?key=states&times=1'), [], { resilient: fast });
			const seen = [socket.state];
			socket.on('statechange', ({ state, previous }) => seen.push(previous + ' > ' + state + ' ' + socket.readyState));
			await once(socket, 'disconnect');
			await once(socket, 'open');
			socket.close();
			await once(socket, 'close');
			return seen;`,
			`["connecting","connecting \u003e open 1","open \u003e connecting 0","connecting \u003e waiting 0","waiting \u003e connecting 0","connecting \u003e open 1","open \u003e closing 2","closing \u003e closed 3"]`,
		},
		{"messages before a loss all arrive, then the loss is reported", `
			const socket = new TetherSocket(at('/drop-first?key=before&times=1&n=40'), [], { resilient: fast });
			const seen = [];
			socket.on('message', ({ data }) => seen.push(data));
			const { code, reason, wasClean } = await once(socket, 'disconnect');
			return [seen.length, seen.at(-1), code, reason, wasClean];`, `[40,"39",1006,"",false]`},
		{
			"a code that refuses ends it, with code and reason", `
			const socket = new TetherSocket(at('/close?n=3&code=4001&reason=token%20expired%20%C3%BC'), [], { resilient: fast });
			const seen = [];
			socket.on('*', ({ type, cause, code, reason, wasClean }) => seen.push([type, cause, code, reason, wasClean].filter((x) => x !== undefined).join(' ')));
			await once(socket, 'close');
			await pause(60);
			return [seen.slice(-4), socket.stats().attempts];`,
			`[["statechange connection closed: 4001 \"token expired ü\"","disconnect 4001 token expired ü true",` +
				`"statechange tether: stopped (4000–4099: refused by the application): connection closed: 4001 \"token expired ü\"","close 4001 token expired ü true"],1]`,
		},
		{"the server's retry hint is followed", `
			const stop = new TetherSocket(at('/close?code=4200&reason=' + encodeURIComponent('{"reconnect":false}')), [], { resilient: fast });
			const wait = new TetherSocket(at('/close?code=4200&reason=' + encodeURIComponent('{"retry":60000}')), [], { resilient: fast });
			const [{ code }, { delay }] = await Promise.all([once(stop, 'close'), once(wait, 'retry')]);
			wait.close();
			return [code, delay >= 60000];`, `[4200,true]`},
		{
			"an attempt that takes too long is given up, and its socket closed", `
			const socket = new TetherSocket(at('/stall?key=slow'), [], { resilient: { ...fast, connectTimeout: 80, maxAttempts: 2 } });
			const seen = [];
			socket.on('retry', ({ cause }) => seen.push(cause));
			const { code } = await once(socket, 'close');
			return [seen, code];`,
			`[["cannot connect: tether: connect timeout"],1006]`,
		},
		{
			"the attempts end when they were bounded", `
			const socket = new TetherSocket(at('/refuse?status=500'), [], { resilient: { ...fast, maxAttempts: 3 } });
			socket.send('never sent');
			const seen = [];
			socket.on('*', ({ type, messages }) => seen.push(type + (messages ?? '')));
			await once(socket, 'close');
			return [seen.filter((type) => type !== 'statechange'), socket.stats().attempts, socket.stats().dropped, socket.state];`,
			`[["retry","retry","drop1","error","close"],3,1,"closed"]`,
		},
		{"a peer that never answers the close is not waited for", `
			await init(); // which keeps the time; Chromium itself waits for a minute
			const socket = new TetherSocket(at('/never-close'), [], { resilient: { ...fast, closeTimeout: 100 } });
			await once(socket, 'open');
			const start = performance.now();
			socket.close(4000, 'enough');
			const { code } = await once(socket, 'close');
			return [code, performance.now() - start < 30_000];`, `[1006,true]`},
		{
			"close while it waits ends it", `
			const socket = new TetherSocket(at('/refuse?status=500'), [], { resilient: { minDelay: 1e6, maxDelay: 1e6 } });
			await once(socket, 'retry');
			const seen = [];
			socket.on('*', ({ type }) => seen.push(type));
			socket.close(1000);
			seen.push(socket.readyState);
			await once(socket, 'close');
			return [seen, socket.readyState];`,
			`[["statechange",2,"statechange","error","close"],3]`,
		},
		{"reconnect: from a wait, from a connection, from the end", `
			const socket = new TetherSocket(at('/echo'), [], { resilient: { minDelay: 1e6, maxDelay: 1e6 } });
			const seen = [];
			const again = async (from) => { socket.reconnect(); await once(socket, 'open'); socket.send(from); seen.push((await once(socket, 'message')).data); };
			await once(socket, 'open');
			await pause(50);
			await again('from open');
			socket.close();
			await once(socket, 'close');
			await again('from closed');
			return [seen, socket.stats().opened];`, `[["from open","from closed"],3]`},
		{"reconnect of a plain socket", `
			const socket = new TetherSocket(at('/echo'));
			try { socket.reconnect(); } catch (error) { return error.name; }`, `"InvalidStateError"`},
		{"the address is asked for before each attempt", `
			let asked = 0;
			const socket = new TetherSocket(async () => at('/flaky?key=provider&fail=2&status=503&asked=' + asked++), () => ['v' + asked], { resilient: fast });
			const before = socket.url;
			await once(socket, 'open');
			return [before, socket.url.slice(-7), asked, socket.protocol];`, `["","asked=2",3,"v3"]`},
		{"a provider that fails is asked again; one that fails for good ends it", `
			let asked = 0;
			const failing = () => { asked += 1; if (asked < 3) throw new Error('no token'); return at('/echo'); };
			const socket = new TetherSocket(failing, [], { resilient: fast });
			const errors = [];
			socket.on('error', ({ message }) => errors.push(message));
			await once(socket, 'open');
			const last = new TetherSocket(async () => { throw Object.assign(new Error('logged out'), { permanent: true }); }, [], { resilient: fast });
			await once(last, 'close');
			return [errors, last.state, last.stats().attempts];`, `[["no token","no token"],"closed",1]`},
		{
			"a full queue refuses, or drops and says so", `
			const make = (overflow) => new TetherSocket(at('/stall'), [], { resilient: { queueMessages: 2, queueBytes: 10, overflow } });
			const seen = [];
			for (const overflow of ['reject', 'drop-oldest', 'drop-newest']) {
				const socket = make(overflow);
				socket.on('drop', ({ messages, bytes }) => seen.push([overflow, messages, bytes]));
				for (const text of ['12345', '12345', 'ü', 'far too much text']) {
					try { socket.send(text); } catch (error) { seen.push([overflow, error.name]); }
				}
				seen.push([socket.bufferedAmount, socket.stats().queuedMessages]);
				if (overflow !== 'reject') await once(socket, 'drop');
				socket.takeQueued();
				socket.close();
			}
			return seen;`,
			`[["reject","QuotaExceededError"],["reject","QuotaExceededError"],[10,2],[7,2],["drop-oldest",2,22],[10,2],["drop-newest",2,19]]`,
		},
		{"a maxDelay below the default of minDelay", `
			const socket = new TetherSocket(at('/flaky?key=short&fail=3&status=503'), [], { resilient: { maxDelay: 50 } });
			const delays = [];
			socket.on('retry', ({ delay }) => delays.push(delay <= 50));
			await once(socket, 'open');
			return delays;`, `[true,true,true]`},
		{"10,000 messages sent too late make one event", `
			const socket = new TetherSocket(at('/echo'), [], { resilient: fast });
			await once(socket, 'open');
			socket.close();
			await once(socket, 'close');
			const drops = [];
			socket.on('drop', ({ messages, bytes, cause }) => drops.push([messages, bytes, cause]));
			for (let i = 0; i < 10_000; i++) {
				socket.send('12345');
				if (i % 100 === 0) await null;
			}
			await once(socket, 'drop');
			await pause(50);
			return [drops, socket.stats().dropped];`, `[[[10000,50000,"the socket is closed"]],10000]`},
		{
			"a permanent failure gives one error event, with its cause", `
			const seen = [];
			const watch = (name, socket) => {
				socket.on('error', ({ message, error }) => seen.push([name, message, error?.name]));
				return once(socket, 'close');
			};
			await watch('provider', new TetherSocket(async () => { throw Object.assign(new TypeError('logged out'), { permanent: true }); }, [], { resilient: fast }));
			await watch('address', new TetherSocket(() => 'ftp://x', [], { resilient: fast }));
			await watch('attempts', new TetherSocket(at('/refuse?status=500'), [], { resilient: { ...fast, maxAttempts: 2 } }));
			return seen.map(([name, message, type]) => [name, message.replace(/:.*:/, '…').slice(0, 40), type]);`,
			`[["provider","logged out","TypeError"],["address","Failed to construct 'WebSocket': The URL","SyntaxError"],` +
				`["attempts","tether… cannot connect","Error"]]`,
		},
		{"queued messages can be taken back", `
			const socket = new TetherSocket(at('/stall'), [], { resilient: fast });
			socket.send('first');
			socket.send(new Uint8Array([1, 2]));
			const back = socket.takeQueued();
			const left = socket.stats().queuedMessages;
			socket.on('drop', () => back.push('dropped'));
			socket.close();
			await once(socket, 'close');
			let refused = '';
			try { new TetherSocket(at('/echo')).takeQueued(); } catch (error) { refused = error.name; }
			return [back[0], [...back[1]], back.length, left, refused];`, `["first",[1,2],2,0,"InvalidStateError"]`},
		{
			"shouldReconnect decides before the table, and what it does not know is left to the table", `
			const ends = [];
			const ask = (answer) => (code, reason, wasClean) => { ends.push([code, reason, wasClean]); return answer; };
			const path = (code) => at('/close?code=' + code + '&reason=because');
			const yes = new TetherSocket(path(4001), [], { resilient: { ...fast, shouldReconnect: ask(true) } });
			const { rule } = await once(yes, 'retry');
			yes.close();
			const no = new TetherSocket(path(4200), [], { resilient: { ...fast, shouldReconnect: ask(false) } });
			await once(no, 'close');
			const table = new TetherSocket(path(4001), [], { resilient: { ...fast, shouldReconnect: ask(undefined) } });
			await once(table, 'close');
			return [rule, no.explain().at(-1).cause.slice(0, 50), table.stats().attempts, ends];`,
			`["shouldReconnect says yes","tether: stopped (shouldReconnect says no): connect",1,[[4001,"because",true],[4200,"because",true],[4001,"because",true]]]`,
		},
		{"another implementation of WebSocket", `
			const made = [];
			class Mine extends WebSocket { constructor(...args) { super(...args); made.push(args.length); } }
			const plain = new TetherSocket(at('/echo'), ['x'], { WebSocket: Mine });
			const resilient = new TetherSocket(at('/drop-first?key=mine&times=1'), [], { resilient: fast, WebSocket: Mine });
			await once(plain, 'open');
			plain.send(new Uint8Array([7]));
			const { data } = await once(plain, 'message');
			while (resilient.stats().opened < 2) await pause(5);
			return [data instanceof Blob, plain.protocol, made];`, `[true,"x",[2,2,2]]`},
		{"two sockets do not disturb each other", `
			const [a, b] = ['a', 'b'].map((key) => new TetherSocket(at('/drop-first?times=2&key=two-' + key), [], { resilient: fast }));
			a.send('for a');
			await Promise.all([a, b].map((socket) => once(socket, 'disconnect')));
			a.close();
			while (b.stats().opened < 3) await pause(5);
			return [a.readyState > 1, b.state];`, `[true,"open"]`},
		{
			"wrong options are refused at once", `
			const refusal = (options) => { try { new TetherSocket(at('/echo'), [], options); } catch (error) { return error.constructor.name + ' ' + error.message; } };
			return [{ resilient: 1 }, { resilient: { retry: 1 } }, { resilient: { minDelay: -1 } }, { resilient: { maxDelay: '5' } }, { resilient: { overflow: 'wait' } },
				{ resilient: { factor: 0.5 } }, { resilient: { minDelay: 5, maxDelay: 2 } }, { codec: 'xml' }, { resilient: { shouldReconnect: true } }, { WebSocket: 'ws' }].map(refusal).map((text) => text.slice(0, 60));`,
			`["TypeError tether: resilient must be true, false or an object","TypeError tether: resilient has no setting \"retry\"; it has m",` +
				`"RangeError tether: resilient.minDelay must be between 0 and ","TypeError tether: resilient.maxDelay must be a number, not a",` +
				`"TypeError tether: resilient.overflow must be one of reject, ","RangeError tether: resilient.factor must be between 1 and 10",` +
				`"RangeError tether: resilient.maxDelay (2) must not be less t","TypeError tether: codec must be 'raw', 'json', 'float32' or ",` +
				`"TypeError tether: resilient.shouldReconnect must be a functi","TypeError tether: WebSocket must be a class with the interfa"]`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			same(t, run[any](t, s.page(t), c.body), c.want)
		})
	}
}

// TestNoServerKeepsAnAbandonedSocket: an attempt that was given up leaves no connection on the server.
func TestNoServerKeepsAnAbandonedSocket(t *testing.T) {
	s := newSite(t)
	p := s.page(t)
	run[any](t, p, `
		const socket = new TetherSocket(at('/slow-accept?ms=300&key=abandoned'), [], { resilient: { minDelay: 1e6, maxDelay: 1e6, connectTimeout: 60 } });
		await once(socket, 'retry');
		globalThis.kept = socket;
		return null;`)
	run[any](t, p, `
		for (;;) {
			const { attempts, ended } = await (await fetch('/ws/stats?key=abandoned')).json();
			if (attempts === 1 && ended === 1) return null;
			await pause(20);
		}`)
}

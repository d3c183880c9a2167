//go:build !js

package main_test

import "testing"

// TestCodecs: values go out and come back as what they were, and what cannot be read is handed over as it came.
func TestCodecs(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ name, body, want string }{
		{
			"json", `
			const socket = new TetherSocket(at('/echo'), [], { codec: 'json' });
			await once(socket, 'open');
			const back = [];
			for (const value of [{ a: [1, 'ü', null] }, 'text', 5, null, '</script><img src=x onerror=alert(1)>']) {
				socket.send(value);
				back.push((await once(socket, 'message')).data);
			}
			let refused = '';
			try { socket.send(undefined); } catch (error) { refused = error.constructor.name + ' ' + error.message; }
			return [back, refused, socket.stats().messagesSent];`,
			`[[{"a":[1,"ü",null]},"text",5,null,"\u003c/script\u003e\u003cimg src=x onerror=alert(1)\u003e"],"TypeError tether: json: undefined has no JSON form",5]`,
		},
		{
			"json: what is not JSON", `
			const socket = new TetherSocket(at('/push?n=1&size=3'), [], { codec: 'json' });
			const text = await once(socket, 'decodeerror');
			const other = new TetherSocket(at('/push?n=1&size=3&binary=1'), [], { codec: 'json' });
			const binary = await once(other, 'decodeerror');
			return [text.error.name, typeof text.data, text.data.length, binary.message, binary.data.byteLength, socket.stats().undecoded, socket.readyState];`,
			`["SyntaxError","string",3,"tether: json: expected a text message, got a binary one",3,1,1]`,
		},
		{
			"float32, also of a view with an offset and of numbers", `
			const socket = new TetherSocket(at('/echo'), [], { codec: 'float32', resilient: true });
			const back = [];
			for (const value of [new Float32Array([0.5, -2.25, 3e8]), new Float32Array([9, 1, 2, 9]).subarray(1, 3), [1.5], []]) socket.send(value);
			socket.on('message', ({ data }) => back.push(data.constructor.name + ' ' + data.join()));
			while (back.length < 4) await pause(5);
			let refused = '';
			try { socket.send(['x']); } catch (error) { refused = error.message; }
			return [back, refused, socket.binaryType];`,
			`[["Float32Array 0.5,-2.25,300000000","Float32Array 1,2","Float32Array 1.5","Float32Array "],"tether: float32: element 0 is a string, not a number","arraybuffer"]`,
		},
		{
			"float32: what is not floats", `
			const socket = new TetherSocket(at('/push?n=1&size=5&binary=1'), [], { codec: 'float32' });
			return (await once(socket, 'decodeerror')).message;`,
			`"tether: float32: 5 bytes are no whole number of 4-byte floats"`,
		},
		{"one of your own", `
			const shout = { encode: (value) => value.toUpperCase(), decode: (data) => [data] };
			const socket = new TetherSocket(at('/echo'), [], { codec: shout });
			await once(socket, 'open');
			socket.send('hello');
			return (await once(socket, 'message')).data;`, `["HELLO"]`},
		{"a Blob travels through the queue in its place", `
			const socket = new TetherSocket(at('/echo'), [], { resilient: true });
			socket.binaryType = 'arraybuffer';
			const back = [];
			socket.send('a'); socket.send(new Blob(['b', 'lob'])); socket.send(new Uint8Array([99])); socket.send('d');
			const queued = [socket.bufferedAmount, socket.stats().queuedMessages];
			for await (const data of socket) if (back.push(typeof data === 'string' ? data : new TextDecoder().decode(data)) === 4) break;
			return [back, queued];`, `[["a","blob","c","d"],[7,4]]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			same(t, run[any](t, s.page(t), c.body), c.want)
		})
	}
}

// TestBeyond: what TetherSocket has that a WebSocket has not.
func TestBeyond(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ name, body, want string }{
		{"on returns its cancel; once; off; signal; the wildcard", `
			const socket = new TetherSocket(at('/push?n=4&size=1'));
			socket.stats();
			const seen = [];
			const stop = new AbortController();
			const gone = () => seen.push('off');
			const cancel = socket.on('message', () => { seen.push('on'); cancel(); });
			socket.once('message', () => seen.push('once'));
			socket.on('message', gone); socket.off('message', gone);
			socket.on('*', gone); socket.off('*', gone);
			socket.on('*', () => seen.push('signal'), { signal: stop.signal });
			socket.once('*', ({ type }) => seen.push('any ' + type));
			socket.on('message', () => { if (socket.stats().messagesReceived === 2) stop.abort(); });
			while (socket.stats().messagesReceived < 4) await pause(5);
			return seen;`, `["signal","any open","on","once","signal","signal"]`},
		{"a listener of the wildcard that throws stops no other", `
			const socket = new TetherSocket(at('/close?n=1&code=1000'));
			const seen = [];
			addEventListener('error', (event) => { seen.push(event.error.message); event.preventDefault(); }, { once: true });
			socket.once('*', () => { throw new Error('on purpose'); });
			socket.on('*', ({ type }) => seen.push(type));
			await once(socket, 'close');
			return seen;`, `["on purpose","open","message","close"]`},
		{"for await: every message, then the end", `
			const seen = [];
			for await (const data of new TetherSocket(at('/close?n=3&code=1000'))) seen.push(data);
			return seen;`, `["0","1","2"]`},
		{"for await: an unclean end throws, after the messages", `
			const seen = [];
			try {
				for await (const data of new TetherSocket(at('/drop?n=2'))) seen.push(data);
			} catch (error) { seen.push(error.name, error.code); }
			return seen;`, `["0","1","TetherCloseError",1006]`},
		{"for await: goes on over a reconnect", `
			const socket = new TetherSocket(at('/drop-first?key=iterate&times=1&n=2'), [], { resilient: fast });
			const seen = [];
			socket.on('retry', () => socket.send('back'));
			for await (const data of socket) if (seen.push(data) === 3) break;
			return seen;`, `["0","1","back"]`},
		{"for await: a loop that is too slow gets an error, no silent gap", `
			const socket = new TetherSocket(at('/push?n=6000&size=4'));
			socket.stats();
			const loop = socket[Symbol.asyncIterator]();
			while (socket.stats().messagesReceived < 6000) await pause(10);
			let read = 0;
			try { for (;;) { const { done } = await loop.next(); if (done) break; read += 1; } } catch (error) { return [read, error.name, (await loop.next()).done]; }
			return read;`, `[4096,"RangeError",true]`},
		{"asyncDispose closes and waits", `
			const socket = new TetherSocket(at('/echo'));
			await once(socket, 'open');
			await socket[Symbol.asyncDispose]();
			await socket[Symbol.asyncDispose]();
			return socket.state;`, `"closed"`},
		{
			"stats", `
			const socket = new TetherSocket(at('/echo'), [], { resilient: true });
			socket.send('ü');
			await once(socket, 'message');
			return socket.stats();`,
			`{"attempts":1,"bufferedAmount":0,"bytesReceived":2,"bytesSent":2,"dropped":0,"messagesReceived":1,"messagesSent":1,"opened":1,"queuedBytes":0,"queuedMessages":0,"uncertainBytes":0,"undecoded":0}`,
		},
		{"stats: bytes are those of the wire, in every script and length", `
			const seen = [];
			for (const options of [{}, { resilient: true }]) {
				const socket = new TetherSocket(at('/echo'), [], options);
				socket.stats();
				await once(socket, 'open');
				for (const text of ['', 'ü€\u{1f680}\ud800', 'x'.repeat(8191) + '\u{1f680}'.repeat(9000), '\ud800'.repeat(9000), 'ü'.repeat(40000)]) {
					const before = socket.stats();
					const reply = once(socket, 'message');
					socket.send(text);
					await reply;
					const after = socket.stats();
					seen.push(after.bytesSent - before.bytesSent, after.bytesReceived - before.bytesReceived - (after.bytesSent - before.bytesSent));
				}
			}
			return seen;`, `[0,0,12,0,44191,0,27000,0,80000,0,0,0,12,0,44191,0,27000,0,80000,0]`},
		{"a page may put it in the place of WebSocket", `
			globalThis.WebSocket = TetherSocket;
			const socket = new WebSocket(at('/echo'));
			await once(socket, 'open');
			return [socket instanceof TetherSocket, String(socket)];`, `[true,"[object WebSocket]"]`},
		{"symbol dispose closes", `
			const socket = new TetherSocket(at('/echo'));
			await once(socket, 'open');
			socket[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
			return [socket.readyState, (await once(socket, 'close')).code];`, `[2,1000]`},
		{"terminate: now, once, and for good", `
			const socket = new TetherSocket(at('/never-close'), [], { resilient: fast });
			await once(socket, 'open');
			const seen = [];
			socket.on('*', ({ type, code }) => { if (type !== 'statechange') seen.push(type + (code ?? '')); });
			socket.terminate();
			seen.push(socket.state);
			socket.terminate();
			await pause(50);
			return [seen, socket.stats().attempts];`, `[["error","close1006","closed"],1]`},
		{
			"explain: what happened and why", `
			const socket = new TetherSocket(at('/drop-first?key=explain&times=1'), [], { resilient: fast });
			await once(socket, 'disconnect');
			await once(socket, 'open');
			const plain = new TetherSocket(at('/close?n=0&code=4001&reason=why'));
			await once(plain, 'close');
			const say = ({ previous, state, cause }) => previous + ' > ' + state + ': ' + cause;
			return [socket.explain().map(say), plain.explain().map(say), socket.explain().every(({ at }) => Math.abs(Date.now() - at) < 60000)];`,
			`[[" \u003e connecting: constructed","connecting \u003e open: ","open \u003e connecting: connection closed: 1006","connecting \u003e waiting: connection lost","waiting \u003e connecting: connection lost","connecting \u003e open: "],` +
				`[" \u003e connecting: constructed","connecting \u003e open: the peer agreed","open \u003e closed: closed with 4001 \"why\", clean"],true]`,
		},
		{"in a worker", `
			const worker = new Worker('/testdata/worker.mjs?url=' + encodeURIComponent(at('/drop-first?key=worker&times=1&n=1')), { type: 'module' });
			return new Promise((resolve, reject) => { worker.onmessage = ({ data }) => { if (data === 2) resolve(data); }; worker.onerror = (event) => reject(new Error(event.message)); });`, `2`},
	} {
		t.Run(c.name, func(t *testing.T) {
			same(t, run[any](t, s.page(t), c.body), c.want)
		})
	}
}

// TestRequest: every question has its own answer, or a reason why there will be none.
func TestRequest(t *testing.T) {
	s := newSite(t)
	s.calls = &callServer{}
	for _, c := range []struct{ name, body, want string }{
		{"answers find their questions, with and without a codec", `
			const seen = [];
			for (const options of [{}, { codec: 'json' }, { resilient: fast }, { resilient: fast, codec: 'json' }]) {
				const socket = new TetherSocket(at('/calls'), [], options);
				await once(socket, 'open');
				const answers = await Promise.all([1, 2, 3].map((n) => socket.request('double', { n })));
				seen.push(answers.map(({ n, type }) => type + n).join());
				socket.close();
			}
			return seen;`, `["double2,double4,double6","double2,double4,double6","double2,double4,double6","double2,double4,double6"]`},
		{
			"an error, a timeout, a signal, a wrong state", `
			const socket = new TetherSocket(at('/calls'), [], { codec: 'json' });
			const early = await failure(socket.request('early'));
			await once(socket, 'open');
			const silent = new TetherSocket(at('/blackhole'));
			await once(silent, 'open');
			const stop = new AbortController();
			setTimeout(() => stop.abort(new Error('changed my mind')), 20);
			return [early.slice(0, 12), await failure(socket.request('refuse', { why: 'no such room' })),
				await failure(silent.request('x', {}, { timeout: 30 })), await failure(silent.request('x', {}, { signal: stop.signal })),
				await failure(silent.request('x', {}, { signal: AbortSignal.abort(new Error('before')) }))];`,
			`["DOMException","Error: tether: request: the peer answered: no such room","DOMException: tether: request: no answer to \"x\" within 30 ms","Error: changed my mind","Error: before"]`,
		},
		{"a connection that is lost says whether the question was sent", `
			const socket = new TetherSocket(at('/blackhole'), [], { resilient: fast });
			const early = socket.request('early').catch(({ sent }) => sent);
			await once(socket, 'open');
			const waiting = new TetherSocket(at('/stall'), [], { resilient: fast });
			const queued = waiting.request('queued').catch(({ sent }) => sent);
			waiting.terminate();
			const sent = socket.request('sent').catch(({ name, sent }) => [name, sent]);
			socket.terminate();
			return [await queued, await early, await sent];`, `[false,true,["TetherDisconnectError",true]]`},
		{
			"a request that is given up is cancelled on the other side", `
			const socket = new TetherSocket(at('/echo'));
			const seen = [];
			socket.on('message', ({ data }) => seen.push(data));
			await once(socket, 'open');
			const stop = new AbortController();
			const asked = failure(socket.request('q', {}, { signal: stop.signal, timeout: 60000 }));
			await once(socket, 'message');
			stop.abort(new Error('enough'));
			const why = await asked;
			await once(socket, 'message');
			return [why, seen, (await failure(socket.request('$cancel'))).slice(0, 37)];`,
			`["Error: enough",["{\"type\":\"q\",\"call\":\"1\"}","{\"type\":\"$cancel\",\"call\":\"1\"}"],"TypeError: tether: request: \"$cancel\""]`,
		},
		{"what waits in the queue survives a connection that it was not handed to", `
			const socket = new TetherSocket(at('/drop-first?key=request&times=1&n=0'), [], { resilient: fast });
			await once(socket, 'disconnect');
			const asked = socket.request('later', {}, { timeout: 60000 }).catch(({ name }) => name);
			await once(socket, 'open');
			const received = await once(socket, 'message');
			const { call } = JSON.parse(received.data);
			socket.send(JSON.stringify({ type: 'later', reply: call, n: 1 }));
			return (await asked).n;`, `1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			same(t, run[any](t, s.page(t), c.body), c.want)
		})
	}
}

// TestBackPressure: sendAsync and writable wait for room, in order; what is called off was not sent.
func TestBackPressure(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ name, body, want string }{
		{"sendAsync waits for open, keeps the order, and can be called off", `
			const seen = [];
			for (const options of [{}, { resilient: fast }]) {
				const socket = new TetherSocket(at('/echo'), [], options);
				const back = [];
				socket.on('message', ({ data }) => back.push(data));
				const stop = new AbortController();
				const [first, off, last] = [socket.sendAsync('first'), socket.sendAsync('off', { signal: stop.signal }), socket.sendAsync('last')].map((sent) => failure(sent));
				stop.abort(new Error('off'));
				seen.push(await first, await off, await last);
				while (!back.includes('last')) await pause(5);
				seen.push(back.join());
			}
			return seen;`, `["no error","Error: off","no error","first,last","no error","no error","no error","first,off,last"]`},
		{"sendAsync never lets more than a mebibyte wait", `
			const socket = new TetherSocket(at('/echo'));
			const chunk = new Uint8Array(300_000);
			let most = 0, back = 0;
			socket.on('message', () => { back += 1; });
			const look = setInterval(() => { most = Math.max(most, socket.bufferedAmount); }, 1);
			for (let i = 0; i < 30; i += 1) { await socket.sendAsync(chunk); most = Math.max(most, socket.bufferedAmount); }
			clearInterval(look);
			while (back < 30) await pause(5);
			return [most > 0, most < (1 << 20) + chunk.length];`, `[true,true]`},
		{
			"sendAsync on a socket that closes", `
			const socket = new TetherSocket(at('/refuse?status=500'));
			return [await failure(socket.sendAsync('x')), await failure(socket.sendAsync('y'))].map((text) => text.slice(0, 40));`,
			`["DOMException: tether: sendAsync: the soc","DOMException: tether: sendAsync: the soc"]`,
		},
		{"readable and writable carry messages there and back", `
			const socket = new TetherSocket(at('/echo'), [], { codec: 'json' });
			const reader = socket.readable.getReader();
			const writer = socket.writable.getWriter();
			const seen = [socket.readable === socket.readable];
			for (const n of [1, 2, 3]) { await writer.write({ n }); seen.push((await reader.read()).value.n); }
			await writer.close();
			return [...seen, (await reader.read()).done, socket.readyState];`, `[true,1,2,3,true,3]`},
		{
			"streams pipe, and end when the socket does", `
			const source = new ReadableStream({ start(c) { for (let i = 0; i < 50; i += 1) c.enqueue(String(i)); c.close(); } });
			const socket = new TetherSocket(at('/echo'));
			const got = [];
			socket.on('message', ({ data }) => got.push(data));
			await source.pipeTo(socket.writable, { preventClose: true });
			while (got.length < 50) await pause(5);
			const failed = new TetherSocket(at('/drop?n=1'));
			const reader = failed.readable.getReader();
			const first = (await reader.read()).value;
			const end = await failure(reader.read());
			const write = failed.writable.getWriter();
			return [got.join() === Array.from({ length: 50 }, (_, i) => i).join(), first, end, await failure(write.write('x')) !== 'no error'];`,
			`[true,"0","Error: tether: the connection ended with code 1006",true]`,
		},
		{"cancelling the readable closes the socket", `
			const socket = new TetherSocket(at('/push?n=5&size=1'));
			const reader = socket.readable.getReader();
			await reader.read();
			await reader.cancel();
			if (socket.readyState !== 3) await once(socket, 'close');
			return socket.readyState;`, `3`},
	} {
		t.Run(c.name, func(t *testing.T) {
			same(t, run[any](t, s.page(t), c.body), c.want)
		})
	}
}

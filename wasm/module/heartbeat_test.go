//go:build !js

package main_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// slowly reads one message at 5 MB/s at most, and answers when it is complete.
func slowly(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = c.CloseNow() }()
	c.SetReadLimit(-1)
	_, in, err := c.Reader(r.Context())
	for err == nil {
		time.Sleep(100 * time.Millisecond) // the rate
		_, err = io.CopyN(io.Discard, in, 512<<10)
	}
	_ = c.Write(r.Context(), websocket.MessageText, []byte("complete")) // fails for a client that has left
	<-c.CloseRead(r.Context()).Done()
}

// beatPrelude counts what a socket with a heartbeat hears, and how late this page's timers are: the machine may be busy. The engine learns of
// the open connection before since, which a busy machine puts off: the engine's intervals have begun by then.
const beatPrelude = `
let late = 0;
let last = performance.now();
setInterval(() => { const now = performance.now(); late = Math.max(late, now - last - 20); last = now; }, 20);
const open = async (path, heartbeat, more) => {
	const socket = new TetherSocket(at(path), [], { resilient: { ...fast, heartbeat }, ...more });
	const opened = once(socket, 'open');
	const pongs = [];
	const messages = [];
	socket.on('pong', ({ roundTrip }) => pongs.push(roundTrip));
	socket.on('message', ({ data }) => messages.push(data));
	await Promise.all([init(), opened]);
	return { socket, pongs, messages, since: performance.now() };
};
const beats = async ({ pongs }, n) => { while (pongs.length < n) await pause(10); };
`

// TestHeartbeat: a connection that swallows everything is noticed in time, one that answers stays, and the page sees
// nothing of the asking.
func TestHeartbeat(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ name, body, want string }{
		{"a black hole is noticed within interval + timeout + 1 s", `
			await init();
			const begun = performance.now();
			const { socket, since } = await open('/blackhole?n=0', { interval: 600, timeout: 400, transfer: 1 });
			await once(socket, 'disconnect');
			const now = performance.now();
			const lateness = Math.max(late, now - last - 20);
			await once(socket, 'open');
			const said = socket.explain().map(({ cause }) => cause).filter((cause) => /heartbeat/.test(cause));
			return [now - begun >= 990, now - since <= 600 + 400 + 1000 + 4 * lateness || now - since, said[0]];`, `[true,true,"connection lost: tether: no answer to the heartbeat"]`},
		{"an upload may take longer than the heartbeat", `
			const { socket } = await open('/slowly', { interval: 200, timeout: 2000, transfer: 1 });
			const since = performance.now();
			const first = new Promise((resolve) => {
				socket.on('disconnect', ({ reason }) => resolve('disconnected: ' + reason));
				socket.on('message', ({ data }) => resolve(data)); // afterwards the server is silent, and that is noticed
			});
			socket.send(new Uint8Array(32 << 20));
			return [await first, performance.now() - since > 2200];`, `["complete",true]`},
		{"without a heartbeat it is not", `
			const { socket } = await open('/blackhole?n=0', false);
			await pause(1500);
			return [socket.state, socket.stats().opened];`, `["open",1]`},
		{"pings with a nonce, and pongs that the page does not see", `
			const link = await open('/echo', { interval: 40, timeout: 60000, ping: (nonce) => 'ping ' + nonce, pong: (data) => data.startsWith?.('ping ') && Number(data.slice(5)) });
			await beats(link, 3);
			link.socket.send('mine');
			await once(link.socket, 'message');
			return [link.pongs.every((ms) => ms >= 0), link.messages, link.socket.stats().messagesReceived, link.socket.stats().opened];`, `[true,["mine"],1,1]`},
		{"pings and pongs that are texts, with a codec", `
			const link = await open('/echo', { interval: 40, timeout: 60000, ping: 'p', pong: 'p' }, { codec: 'json' });
			await beats(link, 3);
			link.socket.send({ p: 'p' });
			await once(link.socket, 'message');
			return [link.messages, link.socket.stats().opened];`, `[[{"p":"p"}],1]`},
		{"our own ping, come back, is no sign of life", `
			const { socket, messages } = await open('/echo', { interval: 60, timeout: 200, transfer: 1 });
			await once(socket, 'disconnect');
			return messages;`, `[]`},
		{"any message is a sign of life", `
			const { socket, messages, since } = await open('/echo', { interval: 100, timeout: 2000, transfer: 1, ping: '', pong: 'never' });
			const talk = setInterval(() => socket.send('x'), 20);
			while (performance.now() - since < 3000) await pause(20);
			clearInterval(talk);
			return [socket.stats().opened, messages.every((data) => data === 'x')];`, `[1,true]`},
		{"a pong function that throws keeps no message from the page", `
			const errors = [];
			addEventListener('error', (event) => { errors.push(event.error.message); event.preventDefault(); });
			const { socket } = await open('/echo', { interval: 20, timeout: 60000, ping: 'p', pong: () => { throw new Error('mine'); } });
			while (errors.length === 0) await pause(10);
			socket.send('x');
			return [(await once(socket, 'message')).data, errors[0]];`, `["x","mine"]`},
		{"the application's own pongs are delivered: without a nonce, with another one, and before any ping", `
			const own = ['{"type":"pong"}', '{"type":"pong","nonce":4000000000}', '{"type":"pong","timestamp":5}'];
			const all = async (link, n) => { own.forEach((text) => link.socket.send(text)); while (link.messages.length < n) await pause(10); return link.messages; };
			const early = await open('/echo', { interval: 60000 });
			const before = await all(early, 3);
			const later = await open('/echo', { interval: 20, timeout: 60000, ping: (nonce) => JSON.stringify({ type: 'pong', nonce }), pong: (data) => JSON.parse(data).type === 'pong' && JSON.parse(data).nonce });
			await beats(later, 2);
			later.socket.send(own[1]);
			while (later.messages.length === 0) await pause(10);
			return [before.join() === own.join(), later.messages];`, `[true,["{\"type\":\"pong\",\"nonce\":4000000000}"]]`},
		{"a pong without a nonce answers, and is delivered as well", `
			const link = await open('/echo', { interval: 50, timeout: 60000 });
			const answer = setInterval(() => link.socket.send('{"type":"pong"}'), 20);
			await beats(link, 2);
			clearInterval(answer);
			return [link.messages.length > 0, link.socket.stats().opened];`, `[true,1]`},
		{"for a socket that tabs share", `
			const link = await open('/echo', { interval: 40, timeout: 60000, ping: 'p', pong: 'p' }, { shared: 'beats' });
			await beats(link, 2);
			return [link.messages, link.socket.state];`, `[[],"open"]`},
		{
			"wrong settings", `
			const refusal = (heartbeat, more) => { try { new TetherSocket(at('/echo'), [], { resilient: { heartbeat }, ...more }); return 'nothing'; } catch (error) { return error.message.replace('tether: resilient.heartbeat', '…'); } };
			return [refusal(5), refusal({ interval: 0 }), refusal({ interval: '5' }), refusal({ timeout: -1 }), refusal({ ping: 'x' }), refusal({ ping: 1, pong: 'x' }), refusal({ every: 5 }),
				refusal({ ping: () => 'x', pong: 'x' }, { shared: true }).slice(0, 40)];`,
			`["… must be true, false or an object, not a number","….interval must be more than 0","….interval must be a number, not a string",` +
				`"….timeout must be between 0 and 2147483647, not -1","….ping and pong belong together: set both or neither","….ping must be a text or a function, not a number",` +
				`"… has no setting \"every\"; it has interval, timeout, transfer, ping, pong","tether: a shared socket has resilient.he"]`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			same(t, run[any](t, s.page(t), beatPrelude+c.body), c.want)
		})
	}
}

// What a program outside a browser does with the package: it comes back after a lost connection, sends and gets texts and bytes, follows a
// heartbeat, and gives up where nothing answers. It prints what it saw.
import process from 'node:process';
import { TetherSocket } from '@tetherscope/tether';

const [base, implementation] = process.argv.slice(2);
const given = implementation ? { WebSocket: (await import(implementation)).WebSocket } : {};
const once = (socket, type) => new Promise((resolve) => { socket.addEventListener(type, resolve, { once: true }); });
const fast = { minDelay: 5, maxDelay: 20 };
const seen = {};

const socket = new TetherSocket(`${base}/drop-first?times=1&key=${Math.random()}`, [], { ...given, resilient: { ...fast, heartbeat: { interval: 30, timeout: 30_000, ping: 'p', pong: 'p' } } });
await once(socket, 'disconnect');
await once(socket, 'open');
socket.binaryType = 'arraybuffer';
socket.send('text');
seen.text = (await once(socket, 'message')).data;
socket.send(new Uint8Array([1, 2]));
seen.bytes = [...new Uint8Array((await once(socket, 'message')).data)];
await once(socket, 'pong');
socket.close(4000, 'done');
const { code, reason } = await once(socket, 'close');
Object.assign(seen, { opened: socket.stats().opened, code, reason });

const refused = new TetherSocket(`${base}/refuse?status=500`, [], { ...given, resilient: { ...fast, maxAttempts: 3 } });
let retries = 0;
refused.on('retry', () => { retries++; });
const [error] = await Promise.all([once(refused, 'error'), once(refused, 'close')]);
Object.assign(seen, { retries, error: error.message });

// Where the implementation says the status of a refusal (ws does), 401 asks for a token once more, and 403 ends the socket.
let tokens = 0;
const expired = new TetherSocket(() => `${base}/${tokens++ === 0 ? 'refuse?status=401' : 'echo'}`, [], { ...given, resilient: { ...fast, maxAttempts: 3 } });
await once(expired, 'open');
expired.close();
const other = new TetherSocket(`${base}/refuse?status=403`, [], { ...given, resilient: { ...fast, maxAttempts: 5, failover: [`${base}/echo`] } });
await once(other, 'open');
other.close();
const denied = new TetherSocket(() => `${base}/refuse?status=401`, [], { ...given, resilient: { ...fast, maxAttempts: 5 } });
const forbidden = new TetherSocket(`${base}/refuse?status=403`, [], { ...given, resilient: { ...fast, maxAttempts: 5 } });
const [why] = await Promise.all([once(forbidden, 'error'), once(forbidden, 'close'), once(denied, 'close')]);
Object.assign(seen, { tokens, elsewhere: other.stats().attempts, denied: denied.stats().attempts, forbidden: [forbidden.stats().attempts, why.message] });

try {
  new TetherSocket(`${base}/echo`, [], { shared: true }).close();
} catch (failure) {
  seen.shared = `${failure.name}: ${failure.message}`.split(',')[0];
}
const plain = new TetherSocket(`${base}/echo`, [], given);
await once(plain, 'open');
plain.send('plain');
seen.plain = (await once(plain, 'message')).data;
plain.close();
console.log(JSON.stringify(seen));

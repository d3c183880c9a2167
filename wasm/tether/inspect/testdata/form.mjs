// Runs tap.js in Node as in a worker, lets a socket live, and prints the batch that the panel gets, in hexadecimal.
import { readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';

let clock = 0; // milliseconds since timeOrigin
let channel = null;
const posted = [];

globalThis.BroadcastChannel = class {
  constructor() { channel = this; }
  postMessage(message) { posted.push(message); }
  close() {}
};
globalThis.location = { href: 'https://example.test/page' };
delete globalThis.WebSocket; // tap.js then serves only what calls it, as tether does
Object.defineProperty(globalThis, 'performance', { value: { timeOrigin: 1_700_000_000_000, now: () => clock } });

runInThisContext(readFileSync(process.argv[2], 'utf8'));
const tap = globalThis[Symbol.for('tetherscope.tap')];
channel.onmessage({ data: { kind: 'hello', panel: 'p' } });

const at = (time, f) => {
  clock = time;
  f();
};
let socket;
at(0, () => { socket = tap.open('wss://example.test/chat', 'tether, resilient'); });
at(1, () => socket.note('attempt', 'as asked'));
at(2.5, () => socket.opened('chat', ''));
at(3, () => socket.message(0, 'žluť 馬 🐎'));
at(4, () => socket.message(1, Uint8Array.from({ length: 200 }, (_, i) => i)));
at(5, () => socket.message(1, ''));
at(6, () => socket.closed(4001, 'token expired', true));
channel.onmessage({ data: { kind: 'hello', panel: 'another' } }); // hands over what waits

const batches = posted.filter((m) => m.kind === 'batch');
if (batches.length !== 1) throw new Error(`${batches.length} batches, want one`);
process.stdout.write(Buffer.from(batches[0].bytes).toString('hex'));
process.exit(0); // timers of tap.js would keep the process

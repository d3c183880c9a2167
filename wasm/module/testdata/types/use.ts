// Compiled with tsc --strict: what a TypeScript page writes. A line under @ts-expect-error must not compile.
import { init, TetherSocket, type Codec, type RawMessage, type Stats } from '../../../../static/tether.mjs';

const done: Promise<void> = init({ wasmURL: new URL('https://example.com/tether.wasm'), integrity: 'sha384-x', onExit: (error: Error) => error.message });

// It is assignable to WebSocket.
const native: WebSocket = new TetherSocket('/ws/echo');
const constructor: new (url: string, protocols?: string | string[]) => WebSocket = TetherSocket;

const plain = new TetherSocket('wss://example.com', ['a'], { codec: 'json' });
plain.onmessage = ({ data }) => data;

interface Chat { type: 'chat'; text: string }
const chat: Codec<Chat, Chat> = { encode: (value) => JSON.stringify(value), decode: (data) => JSON.parse(String(data)) };
const typed = new TetherSocket<Chat, Chat>(async () => '/ws/chat', () => ['v1'], { resilient: { maxDelay: 5_000, overflow: 'drop-oldest' }, codec: chat });
const cancel: () => void = typed.on('message', ({ data }) => data.text.toUpperCase());
typed.once('retry', ({ attempt, delay, cause }) => `${attempt + delay} ${cause}`);
typed.on('pong', ({ roundTrip }) => roundTrip.toFixed(1));
new TetherSocket('/ws/echo', [], { resilient: { heartbeat: { interval: 5_000, ping: (nonce) => `p${nonce}`, pong: (data) => typeof data === 'string' && data.startsWith('p') } } });
typed.on('*', (event) => event.type, { signal: AbortSignal.timeout(5) });
typed.on('close', ({ code, reason, wasClean }) => [code + 1, reason.length, wasClean]);
typed.send({ type: 'chat', text: 'hello' });
const stats: Stats = typed.stats();
const answer: Promise<{ rooms: string[] }> = typed.request<{ rooms: string[] }>('rooms', { all: true }, { timeout: 5, signal: AbortSignal.timeout(5) });
const sent: Promise<void> = typed.sendAsync({ type: 'chat', text: 'x' }, { signal: AbortSignal.timeout(5) });
const into: WritableStream<Chat> = typed.writable;
const piped: Promise<void> = typed.readable.pipeTo(into);
const why: string[] = typed.explain().map(({ at, cause, state }) => `${at} ${state} ${cause}`);
typed.terminate();
new TetherSocket('/ws/echo', [], { resilient: { hello: async ({ attempt, send, answer, signal }) => { send(`auth ${attempt} ${signal.aborted}`); return [await answer()]; } } });
const back: RawMessage[] = typed.takeQueued();
new TetherSocket('/ws/echo', [], { WebSocket, resilient: { shouldReconnect: (code, reason, wasClean) => (wasClean && reason === '' ? code !== 4001 : undefined) } });

async function loop(): Promise<void> {
  for await (const { text } of typed) if (text === 'bye') break;
  await typed[Symbol.asyncDispose]();
}

// @ts-expect-error a message of another type
typed.send({ type: 'chart' });
// @ts-expect-error no such event
typed.on('opened', () => {});
// @ts-expect-error a provider needs a resilient socket
new TetherSocket(() => '/ws/echo');
// @ts-expect-error no such setting
new TetherSocket('/ws/echo', [], { resilient: { retries: 3 } });
// @ts-expect-error cannot be set
typed.url = 'x';

export { back, done, native, constructor, cancel, stats, loop, answer, sent, piped, why };

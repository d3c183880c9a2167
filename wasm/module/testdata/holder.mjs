// Opens a socket in a frame or a worker, for the page to see what becomes of it when that is gone.
import { TetherSocket } from '/tether.mjs';

const query = new URL(import.meta.url).searchParams;
const classes = { browser: WebSocket, plain: TetherSocket, resilient: class extends TetherSocket { constructor(url) { super(url, [], { resilient: true }); } } };
const tell = (word) => (globalThis.parent ?? globalThis).postMessage(word);

const socket = new classes[query.get('class')](query.get('url'));
socket.addEventListener('open', () => tell('open'));
for (const type of ['error', 'close']) socket.addEventListener(type, () => tell(type));

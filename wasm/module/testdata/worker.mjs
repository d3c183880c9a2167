// A worker that opens a resilient socket and says how often it has opened.
import { TetherSocket } from '/tether.mjs';

const url = new URL(location.href).searchParams.get('url');
const socket = new TetherSocket(url, [], { resilient: { minDelay: 5, maxDelay: 20 } });
socket.on('open', () => postMessage(socket.stats().opened));

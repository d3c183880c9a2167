// A service worker that opens a resilient socket when it is asked to, and answers how often it has opened and which errors there were.
import { init, TetherSocket } from '/tether.mjs';
import * as engine from '/tether-engine.mjs';

const query = new URL(location.href).searchParams;
if (query.get('mode') === 'handed-in') init({ engine });

self.onmessage = (event) => event.waitUntil(new Promise((resolve) => {
  const errors = [];
  const socket = new TetherSocket(query.get('url'), [], { resilient: { minDelay: 5, maxDelay: 20 } });
  const done = () => resolve(event.ports[0].postMessage([socket.stats().opened, errors]));
  socket.on('open', () => { if (socket.stats().opened === 2) done(); });
  socket.on('error', ({ message }) => errors.push(/service worker/.exec(message)?.[0] ?? message));
  socket.on('close', done);
}));

// What a page does that gets tether from a package: it loses a connection, comes back, and shares another one.
import { init, TetherSocket } from '@tetherscope/tether';

const at = (path) => `ws://${location.host}/ws${path}`;
const once = (socket, type) => new Promise((resolve) => { socket.addEventListener(type, resolve, { once: true }); });

globalThis.result = (async () => {
  await init();
  const socket = new TetherSocket(at(`/drop-first?times=1&key=${Math.random()}`), [], { resilient: { minDelay: 5, maxDelay: 20 } });
  await once(socket, 'disconnect');
  await once(socket, 'open');
  const shared = new TetherSocket(at('/echo'), [], { shared: true, codec: 'json' });
  shared.send({ text: 'hello' });
  const { data } = await once(shared, 'message');
  return [socket.stats().opened, data.text, typeof globalThis.Go];
})();

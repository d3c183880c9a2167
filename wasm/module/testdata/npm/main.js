// What a page does that gets tether from a package: it loses a connection, comes back, shares another one, and loads the panel's script.
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
  const panel = new BroadcastChannel('tetherscope.v1');
  panel.postMessage({ kind: 'hello', panel: 'test', tap: `${location.origin}/recorder.mjs` });
  while (!globalThis.reported) await new Promise((resolve) => { setTimeout(resolve, 10); });
  return [socket.stats().opened, data.text, typeof globalThis.Go];
})();

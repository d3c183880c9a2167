// Tells the panel of this origin what a TetherSocket knows: attempts, delays, causes, its queue, and its messages. Until a
// panel announces itself nothing of it is loaded: there is one BroadcastChannel, and a list of sockets that keeps none
// alive. Then the panel's tap.js is loaded, which does the telling.

const KEY = Symbol.for('tetherscope.tap');
const sockets = new Set(); // WeakRefs, until somebody listens
const cores = new WeakMap();
const listen = globalThis.EventTarget?.prototype.addEventListener;
let channel = null;

/** introduce makes a socket known. */
export function introduce(socket, core) {
  if (typeof BroadcastChannel !== 'function') return;
  if (globalThis[KEY]?.open) return attach(socket, core);
  for (const ref of sockets) if (!ref.deref() || ref.deref().readyState === 3) sockets.delete(ref);
  sockets.add(new WeakRef(socket));
  cores.set(socket, core);
  if (channel === null) wait();
}

function wait() {
  try {
    channel = new BroadcastChannel('tetherscope.v1');
  } catch { // a page of an opaque origin
    return;
  }
  channel.unref?.(); // in Node it would keep the process
  channel.onmessage = ({ data }) => { if (data?.kind === 'hello') load(data.tap); };
  channel.postMessage({ kind: 'page' });
}

// load takes the script from where the panel has it, which is this origin, as the channel is.
async function load(url) {
  if (typeof url !== 'string' || new URL(url, location.href).origin !== location.origin) return;
  channel.onmessage = null;
  if (!globalThis[KEY]) Object.defineProperty(globalThis, KEY, { value: { quiet: true }, configurable: true });
  try {
    await import(/* @vite-ignore */ /* webpackIgnore: true */ url);
  } catch {
    return; // a policy that forbids it
  }
  channel.close();
  for (const ref of sockets) {
    const socket = ref.deref();
    if (socket && socket.readyState !== 3) attach(socket, cores.get(socket));
  }
  sockets.clear();
}

function attach(socket, core) {
  const tap = globalThis[KEY];
  const ref = new WeakRef(socket);
  const handle = tap.open(socket.url, `tether, ${core.link === null ? 'plain' : core.link.kind ?? 'with a codec'}`);
  handle.gone = () => (ref.deref()?.readyState ?? 3) === 3;
  core.tell = handle;
  const start = () => {
    const s = ref.deref();
    if (s) hear(s, core, handle);
  };
  if (tap.listening) start();
  else handle.attach = start;
}

const kept = (link) => (link?.queued?.messages > 0 ? `; ${link.queued.messages} messages (${link.queued.bytes} bytes) wait` : '');

function hear(socket, core, handle) {
  const on = (type, say) => listen.call(socket, type, say, true);
  if (socket.readyState === 1) handle.opened(socket.protocol, socket.extensions);
  else handle.note('attempt', socket.state + kept(core.link));
  on('open', () => handle.opened(socket.protocol, socket.extensions));
  on('close', ({ code, reason, wasClean }) => handle.closed(code, reason, wasClean));
  if (core.link === null) {
    on('message', ({ data }) => handle.message(1, data));
    return;
  }
  on('statechange', ({ state, previous, cause }) => {
    if (state === 'connecting' && previous === 'waiting') handle.note('attempt', cause);
    if (state === 'connecting' && previous === 'closed') handle.note('attempt', cause);
  });
  on('retry', ({ attempt, delay, cause, rule }) => handle.note('wait', `attempt ${attempt} in ${Math.round(delay)} ms: ${cause} (${rule})${kept(core.link)}`));
  on('disconnect', ({ code, reason, wasClean }) => handle.note('lost', `${code} ${reason}${wasClean ? ', clean' : ', not clean'}${kept(core.link)}`));
  on('drop', ({ messages, bytes, cause }) => handle.note('drop', `${messages} messages, ${bytes} bytes: ${cause}`));
  on('error', ({ message }) => message && handle.note('error', message));
  on('hint', ({ hint }) => handle.note('hint', hint));
}

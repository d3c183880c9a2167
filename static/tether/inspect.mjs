// Reports what a TetherSocket knows to the panel of this origin: attempts, delays, causes, its queue, and its messages.
// Until a panel announces itself no code for it is loaded: there is one BroadcastChannel, and a list of sockets that keeps
// none alive. Then the panel's tap.js is loaded, which sends the reports.

const KEY = Symbol.for('tetherscope.tap');
const sockets = new Set(); // WeakRefs, until a panel listens
const socketStates = new WeakMap();
const listen = globalThis.EventTarget?.prototype.addEventListener;
let channel = null;

/** inspect makes a socket known to panels. */
export function inspect(socket, socketState) {
  if (typeof BroadcastChannel !== 'function' || !globalThis.location) return undefined;
  if (globalThis[KEY]?.open) return attach(socket, socketState);
  for (const ref of sockets) if (!ref.deref() || ref.deref().readyState === 3) sockets.delete(ref);
  sockets.add(new WeakRef(socket));
  socketStates.set(socket, socketState);
  if (channel === null) wait();
  return undefined;
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
    await importUnbundled(url); // of the banner: ci/bundle.sh
  } catch {
    return; // a policy that forbids it
  }
  channel.close();
  for (const ref of sockets) {
    const socket = ref.deref();
    if (socket && socket.readyState !== 3) attach(socket, socketStates.get(socket));
  }
  sockets.clear();
}

function attach(socket, socketState) {
  const tap = globalThis[KEY];
  const ref = new WeakRef(socket);
  const handle = tap.open(socket.url, `tether, ${socketState.transport === null ? 'plain' : socketState.transport.kind ?? 'with a codec'}`);
  handle.gone = () => (ref.deref()?.readyState ?? 3) === 3;
  socketState.inspector = handle;
  const start = () => {
    const s = ref.deref();
    if (s) report(s, socketState, handle);
  };
  if (tap.listening) start();
  else handle.attach = start;
}

const plural = (n, noun) => `${n} ${noun}${n === 1 ? '' : 's'}`;

const kept = (transport) => (transport?.queued?.messages > 0 ? `; ${plural(transport.queued.messages, 'message')} (${plural(transport.queued.bytes, 'byte')}) queued` : '');

function report(socket, socketState, handle) {
  const on = (type, listener) => listen.call(socket, type, listener, true);
  if (socket.readyState === 1) handle.opened(socket.protocol, socket.extensions);
  else handle.note('attempt', socket.state + kept(socketState.transport));
  on('open', () => handle.opened(socket.protocol, socket.extensions));
  on('close', ({ code, reason, wasClean }) => handle.closed(code, reason, wasClean));
  if (socketState.transport === null) {
    on('message', ({ data }) => handle.message(1, data));
    return;
  }
  on('statechange', ({ state, previous, cause }) => {
    if (state === 'connecting' && previous === 'waiting') handle.note('attempt', cause);
    if (state === 'connecting' && previous === 'closed') handle.note('attempt', cause);
  });
  on('retry', ({ attempt, delay, cause, rule }) => handle.note('wait', `attempt ${attempt} in ${Math.round(delay)} ms: ${cause} (${rule})${kept(socketState.transport)}`));
  on('disconnect', ({ code, reason, wasClean }) => handle.note('lost', `${code} ${reason}${wasClean ? ', clean' : ', not clean'}${kept(socketState.transport)}`));
  on('drop', ({ messages, bytes, cause }) => handle.note('drop', `${plural(messages, 'message')}, ${plural(bytes, 'byte')}: ${cause}`));
  on('error', ({ message }) => message && handle.note('error', message));
  on('hint', ({ hint }) => handle.note('hint', hint));
}

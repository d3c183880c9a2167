// How a tab reaches the hub of a shared socket: the SharedWorker, or, where there is none, the tab that leads. The leader is
// the tab that holds a Web Lock; when it dies, the browser gives the lock to the next tab in the same moment.

import { Hub, watchLock } from './shared-hub.mjs';

/**
 * openChannel returns {post, leave}. ready() is called when there is a hub to join: once, and again whenever there is
 * another one. receive(message) is called with the messages of the hub.
 */
export function openChannel({ key, id, via }, host) {
  if (via !== 'locks' && typeof SharedWorker === 'function') return overWorker(key, id, host, via !== 'worker');
  return overLeader(key, id, host);
}

/** checkShareable throws NotSupportedError where no context can own a socket for others: in Node, and on an insecure page without SharedWorker. */
export function checkShareable({ via }) {
  const worker = via !== 'locks' && typeof SharedWorker === 'function';
  if (worker || (hasLocks() && typeof BroadcastChannel === 'function')) return;
  throw new DOMException('tether: shared needs a SharedWorker, or Web Locks and BroadcastChannel: a browser has them in a secure context, Node has not', 'NotSupportedError');
}

const hasLocks = () => Boolean(globalThis.navigator?.locks);

function overWorker(key, id, host, mayFallBack) {
  let channel = null;
  let left = false;
  const start = () => {
    const worker = new SharedWorker(new URL('./tether-worker.mjs', import.meta.url), { type: 'module' });
    const { port } = worker;
    channel = { post: (message) => port.postMessage({ ...message, key, id }), leave: () => port.close() };
    worker.onerror = () => { // it could not be loaded: a policy, or the file is not there
      if (mayFallBack && hasLocks() && !left) channel = overLeader(key, id, host);
    };
    port.onmessage = ({ data }) => {
      if (data.tell !== 'ready') return host.receive(data);
      watchLock(data.life, () => { if (!left) start(); });
      return host.ready();
    };
  };
  start();
  return {
    post: (message) => channel.post(message),
    leave() {
      left = true;
      channel.leave();
    },
  };
}

// Leader and members meet on a BroadcastChannel. The leading tab is a member like the others: it has two ends of it.
function overLeader(key, id, host) {
  const air = new BroadcastChannel(`tether:${key}`);
  const left = new AbortController();
  let resign = () => {};
  air.onmessage = ({ data }) => {
    if (data.to === 'members') host.ready();
    else if (data.to === id) host.receive(data.message);
  };
  const post = (message) => air.postMessage({ to: 'hub', id, message });
  navigator.locks.request(`tether:leader:${key}`, { signal: left.signal }, () => new Promise((resolve) => {
    resign = lead(key, resolve);
  })).catch(() => {}); // called off by leave
  host.ready(); // another tab may be the leader already
  return {
    post,
    leave() {
      left.abort();
      resign();
      air.close();
    },
  };
}

// lead runs the hub in this tab; it returns what ends that, after which resigned is called.
function lead(key, resigned) {
  const air = new BroadcastChannel(`tether:${key}`);
  const known = new Set();
  let hub = null;
  air.onmessage = ({ data: { to, id, message } }) => {
    if (to !== 'hub') return;
    if (message.do === 'join') {
      hub ??= new Hub(message, () => { hub = null; });
      if (!known.has(id)) watchLock(message.lock, () => hub?.lost(id));
      known.add(id);
    }
    hub?.receive(id, message, (answer) => air.postMessage({ to: id, message: answer }));
  };
  air.postMessage({ to: 'members' });
  return () => {
    hub?.stop();
    air.close();
    resigned();
  };
}

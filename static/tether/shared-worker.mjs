// The SharedWorker that owns the shared sockets of an origin: one hub for each key.

import { Hub, watchLock } from './shared-hub.mjs';

// Held as long as this worker lives. It may die alone, with the process of the tab that started it: then its tabs, which
// wait for the lock, start another one.
const life = `tether:worker:${crypto.randomUUID()}`;
navigator.locks?.request(life, () => new Promise(() => {}));

const hubs = new Map(); // key → Hub

globalThis.onconnect = ({ ports: [port] }) => {
  const post = (message) => port.postMessage(message);
  port.onmessage = ({ data: message }) => {
    const { key, id } = message;
    if (message.do === 'join' && !hubs.has(key)) hubs.set(key, new Hub(message, () => hubs.delete(key)));
    const hub = hubs.get(key);
    if (message.do === 'join') watchLock(message.lock, () => hub.lost(id));
    hub?.hear(id, message, post);
  };
  post({ tell: 'ready', life });
};

// The SharedWorker that owns the shared sockets of an origin: one hub for each key.

import { Hub, watchLock } from './shared-hub.mjs';

// Held as long as this worker lives. It may die alone, with the process of the tab that started it: then its tabs, which
// wait for the lock, start another one. No tab learns of it before it is held: the tab would get the lock, and take this worker for dead.
const life = `tether:worker:${crypto.randomUUID()}`;
const held = new Promise((resolve) => {
  if (!navigator.locks) resolve();
  navigator.locks?.request(life, () => {
    resolve();
    return new Promise(() => {});
  });
});

const hubs = new Map(); // key → Hub

globalThis.onconnect = ({ ports: [port] }) => {
  const post = (message) => port.postMessage(message);
  port.onmessage = ({ data: message }) => {
    const { key, id } = message;
    if (message.do === 'join' && !hubs.has(key)) hubs.set(key, new Hub(message, () => hubs.delete(key)));
    const hub = hubs.get(key);
    if (message.do === 'join') watchLock(message.lock, () => hub.lost(id));
    hub?.receive(id, message, post);
  };
  held.then(() => post({ tell: 'ready', life }));
};

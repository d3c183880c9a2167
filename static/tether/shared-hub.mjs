// One socket for all tabs of an origin: the side that owns it. It runs in the SharedWorker, or in the tab that leads.
//
// Members speak to it in messages: {do: 'join'|'send'|'leave'|'reconnect', …}; it answers in {tell: 'state'|'event'|
// 'message'|'sent', …}. A message of a member is confirmed when it has been handed to a connection, not before: what the hub
// still holds when it dies, its members send again to the next one.

import { ResilientLink } from './resilient.mjs';
import { Core } from './core.mjs';
import { readOptions } from './options.mjs';

const OPEN = 1;
const CLOSED = 3;
const told = ['code', 'reason', 'wasClean', 'state', 'previous', 'cause', 'attempt', 'delay', 'rule', 'hint', 'message']; // of events

/** Hub is one socket and its members. gone() is called when it has ended for good. */
export class Hub {
  #members = new Map(); // id → post
  #queue = []; // {id, number, data} that wait for a connection
  #link;
  #gone;

  constructor({ url, protocols, settings }, gone) {
    this.#gone = gone;
    const { resilient } = readOptions({ resilient: settings });
    this.#link = new ResilientLink(url, protocols, resilient, {
      core: new Core(),
      emit: (event) => this.#tell(event),
      receive: ({ data, origin }) => this.#all({ tell: 'message', data, origin }),
    });
    this.#link.binaryType = 'arraybuffer';
  }

  /** hear is told what member id says; post(message) answers it. */
  hear(id, message, post) {
    switch (message.do) {
      case 'join': return this.#join(id, message, post);
      case 'send': return this.#send({ id, number: message.number, data: message.data });
      case 'leave': return this.leave(id, message);
      case 'reconnect': return this.#link.readyState < 2 && this.#link.reconnect(message.reason);
      default: return undefined; // a newer version of ours in another tab: what it adds is not known here
    }
  }

  /** leave takes member id out. With the last one the socket closes. */
  leave(id, { code, reason } = {}) {
    const post = this.#members.get(id);
    if (!post) return;
    if (this.#members.size === 1) return void this.#link.close(code, reason); // the end is told to it
    this.#members.delete(id);
    post({ tell: 'event', type: 'close', code: code ?? 1005, reason: reason ?? '', wasClean: true });
  }

  /** lost takes out a member that has died: there is nobody to tell. */
  lost(id) {
    if (this.#members.delete(id) && this.#members.size === 0) this.#link.close(1000);
  }

  /** stop ends the hub since its tab leaves; the members find another one. */
  stop() {
    this.#members.clear();
    this.#link.close(1000);
  }

  #join(id, { sent }, post) {
    this.#members.set(id, post);
    post({ tell: 'state', ...this.#facts() });
    for (const { number, data } of sent) this.#send({ id, number, data });
  }

  #facts() {
    const { state, url, protocol, extensions } = this.#link;
    return { state, url, protocol, extensions };
  }

  #send(entry) {
    this.#queue.push(entry);
    this.#flush();
  }

  #flush() {
    while (this.#queue.length > 0 && this.#link.readyState === OPEN) {
      const { id, number, data } = this.#queue.shift();
      this.#link.send(data);
      this.#members.get(id)?.({ tell: 'sent', number });
    }
  }

  #tell(event) {
    const message = { tell: 'event', type: event.type, ...this.#facts() };
    for (const name of told) if (event[name] !== undefined) message[name] = event[name];
    this.#all(message);
    if (event.type === 'open') this.#flush();
    if (event.type === 'close') {
      this.#members.clear();
      this.#gone();
    }
  }

  #all(message) { for (const post of [...this.#members.values()]) post(message); }

  get ended() { return this.#link.readyState === CLOSED; }
}

/** watchLock calls dead() when the context that holds the lock is gone. Any number may watch one lock. */
export function watchLock(lock, dead) {
  navigator.locks?.request(lock, { mode: 'shared' }, () => dead()).catch(() => {}); // refused in a context that is going away itself
}

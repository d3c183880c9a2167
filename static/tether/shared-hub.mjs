// One socket for all tabs of an origin: the side that owns it. It runs in the SharedWorker, or in the tab that leads.
//
// Members speak to it in messages: {do: 'join'|'send'|'claimed'|'leave'|'reconnect', …}; it answers in {tell: 'state'|'event'|
// 'message'|'claim'|'sent', …}.
//
// A message reaches the connection at most once, whoever dies when: the hub hands over only what its member knows it may have
// handed over. So it first claims what it is about to send, and sends when the member has agreed. What nobody had claimed when
// a hub died, its members give to the next one; what it had claimed they do not, since it may have been sent.

import { ResilientLink } from './resilient.mjs';
import { Core } from './core.mjs';
import { readOptions } from './options.mjs';

const OPEN = 1;
const told = ['code', 'reason', 'wasClean', 'state', 'previous', 'cause', 'attempt', 'delay', 'rule', 'hint', 'message', 'roundTrip']; // of events

/** Hub is one socket and its members. gone() is called when it has ended for good. */
export class Hub {
  #id = crypto.randomUUID();
  #members = new Map(); // id → Member
  #link;
  #gone;

  constructor({ url, protocols, settings }, gone) {
    this.#gone = gone;
    const { resilient } = readOptions({ resilient: settings });
    this.#link = new ResilientLink(url, protocols, resilient, {
      core: new Core(),
      emit: (event) => this.#tell(event),
      receive: (data, origin) => this.#all({ tell: 'message', data, origin }),
    });
    this.#link.binaryType = 'arraybuffer';
  }

  /** hear is told what member id says; post(message) answers it. */
  hear(id, message, post) {
    if (message.do === 'join') return this.#join(id, post);
    const member = this.#members.get(id);
    if (!member) return undefined; // it will join, and say then what it has to say
    switch (message.do) {
      case 'send': return member.take(message, this.#link);
      case 'claimed': return message.hub === this.#id && member.grant(message.upTo, this.#link);
      case 'leave': return this.#leave(id, member, message);
      case 'reconnect': return this.#link.readyState < 2 && this.#link.reconnect(message.reason);
      default: return undefined; // a newer version of ours in another tab: what it adds is not known here
    }
  }

  /** lost takes out a member that has died: there is nobody to tell, and nobody else who could send what it left. */
  lost(id) {
    const member = this.#members.get(id);
    if (!member) return;
    this.#members.delete(id);
    member.bequeath(this.#link);
    if (this.#members.size === 0) this.#link.close(1000);
  }

  /** stop ends the hub since its tab leaves; the members find another one. */
  stop() {
    this.#members.clear();
    this.#link.close(1000);
  }

  // A member may join twice: it cannot know whether its first word was heard.
  #join(id, post) {
    const member = this.#members.get(id) ?? new Member(this.#id);
    member.post = post;
    this.#members.set(id, member);
    post({ tell: 'state', hub: this.#id, ...this.#facts() });
  }

  // With the last member the socket closes, and the end is told to it.
  #leave(id, member, { code, reason }) {
    const last = this.#members.size === 1;
    if (!last || this.#link.readyState === OPEN) member.bequeath(this.#link);
    if (last) return this.#link.close(code, reason);
    this.#members.delete(id);
    return member.post({ tell: 'event', type: 'close', code: code ?? 1005, reason: reason ?? '', wasClean: true });
  }

  #facts() {
    const { state, url, protocol, extensions } = this.#link;
    return { state, url, protocol, extensions };
  }

  #tell(event) {
    const message = { tell: 'event', type: event.type, ...this.#facts() };
    for (const name of told) if (event[name] !== undefined) message[name] = event[name];
    this.#all(message);
    if (event.type === 'open') for (const member of this.#members.values()) member.flush(this.#link);
    if (event.type === 'close') {
      this.#members.clear();
      this.#gone();
    }
  }

  #all(message) { for (const { post } of [...this.#members.values()]) post(message); }
}

// Member is what the hub knows of one: how to reach it, and its messages that wait.
class Member {
  #hub;
  #waiting = []; // {number, data}
  #last = 0; // number of the last message that was taken: each counts once
  #claimed = 0; // up to which it was asked
  #granted = 0; // up to which it has agreed
  post = () => {}; // tells it something

  constructor(hub) { this.#hub = hub; }

  take({ number, data }, link) {
    if (number <= this.#last) return;
    this.#last = number;
    this.#waiting.push({ number, data });
    this.flush(link);
  }

  grant(upTo, link) {
    this.#granted = Math.max(this.#granted, upTo);
    this.flush(link);
  }

  /** flush sends what may be sent, and claims the rest. */
  flush(link) {
    while (link.readyState === OPEN && this.#waiting[0]?.number <= this.#granted) {
      const { number, data } = this.#waiting.shift();
      link.send(data);
      this.post({ tell: 'sent', number });
    }
    if (link.readyState !== OPEN || this.#claimed >= this.#last) return;
    this.#claimed = this.#last;
    this.post({ tell: 'claim', hub: this.#hub, upTo: this.#claimed });
  }

  /** bequeath leaves to the link what waits, within the bounds of its queue. */
  bequeath(link) {
    for (const { number, data } of this.#waiting.splice(0)) {
      try {
        link.send(data);
        this.post({ tell: 'sent', number });
      } catch {
        return; // the queue is full, and whoever could be told is gone
      }
    }
  }
}

/** watchLock calls dead() when the context that holds the lock is gone. Any number may watch one lock. */
export function watchLock(lock, dead) {
  navigator.locks?.request(lock, { mode: 'shared' }, () => dead()).catch(() => {}); // refused in a context that is going away itself
}

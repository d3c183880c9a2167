// One socket for all tabs of an origin: the side that owns it. It runs in the SharedWorker, or in the tab that leads.
//
// Members speak to it in messages: {do: 'join'|'send'|'claimed'|'greeting'|'leave'|'reconnect', …}; it answers in {tell: 'state'|'event'|
// 'message'|'claim'|'sent'|'greet'|'answer'|'hush', …}.
//
// A message reaches the connection at most once, whichever tab dies when: the hub hands over only what its member knows it may have
// handed over. So it first claims what it is about to send, and sends when the member has agreed. What was not claimed when
// a hub died, its members give to the next one; what it had claimed they do not, since it may have been sent.

import { ResilientTransport } from './resilient.mjs';
import { Spokesman } from './shared-greeting.mjs';
import { SocketState } from './state.mjs';
import { readOptions } from './options.mjs';

const OPEN = 1;
const copied = ['code', 'reason', 'wasClean', 'state', 'previous', 'cause', 'attempt', 'delay', 'rule', 'hint', 'message', 'roundTrip']; // of events

/** Hub is one socket and its members. gone() is called once, when no further member may join: it is closing, or has ended. */
export class Hub {
  #id = crypto.randomUUID();
  #members = new Map(); // id → Member
  #spokesman = new Spokesman(this.#id, this.#members);
  #transport;
  #gone;

  constructor({ url, protocols, settings, greets }, gone) {
    this.#gone = gone;
    const { resilient } = readOptions({ resilient: settings });
    if (greets) resilient.hello = (connection) => this.#spokesman.hello(connection);
    this.#transport = new ResilientTransport(url, protocols, resilient, {
      socketState: new SocketState(),
      emit: (event) => this.#publish(event),
      receive: (data, origin) => this.#all({ tell: 'message', data, origin }),
    });
    this.#transport.binaryType = 'arraybuffer';
  }

  /** receive takes a message of member id; post(message) answers it. */
  receive(id, message, post) {
    if (message.do === 'join') return this.#join(id, post);
    const member = this.#members.get(id);
    if (!member) return undefined; // it will join, and say then what it has to say
    switch (message.do) {
      case 'send': return member.take(message, this.#transport);
      case 'claimed': return message.hub === this.#id && member.grant(message.upTo, this.#transport);
      case 'greeting': return this.#spokesman.receive(id, message);
      case 'leave': return this.#leave(id, member, message);
      case 'reconnect': return this.#transport.readyState < 2 && this.#transport.reconnect(message.reason);
      default: return undefined; // a newer version of ours in another tab: what it adds is not known here
    }
  }

  /** lost takes out a member that has died: no tab can be informed, and no other tab could send what it left. */
  lost(id) {
    const member = this.#members.get(id);
    if (!member) return;
    this.#members.delete(id);
    this.#spokesman.lost(id);
    member.bequeath(this.#transport);
    if (this.#members.size === 0) this.#close(1000);
  }

  /** stop ends the hub since its tab leaves; the members find another one. */
  stop() {
    this.#members.clear();
    this.#transport.close(1000);
  }

  // A member may join twice: it cannot know whether its first message arrived.
  #join(id, post) {
    const member = this.#members.get(id) ?? new Member(this.#id);
    member.post = post;
    this.#members.set(id, member);
    post({ tell: 'state', hub: this.#id, ...this.#facts() });
  }

  // With the last member the socket closes, and the member gets the close event.
  #leave(id, member, { code, reason }) {
    const last = this.#members.size === 1;
    if (!last || this.#transport.readyState === OPEN) member.bequeath(this.#transport);
    if (last) return this.#close(code, reason);
    this.#members.delete(id);
    this.#spokesman.lost(id);
    return member.post({ tell: 'event', type: 'close', code: code ?? 1005, reason: reason ?? '', wasClean: true });
  }

  #facts() {
    const { state, url, protocol, extensions } = this.#transport;
    return { state, url, protocol, extensions };
  }

  #publish(event) {
    const message = { tell: 'event', type: event.type, ...this.#facts() };
    for (const name of copied) if (event[name] !== undefined) message[name] = event[name];
    this.#all(message);
    if (event.type === 'open') for (const member of this.#members.values()) member.flush(this.#transport);
    if (event.type === 'close') {
      this.#members.clear();
      this.#retire();
    }
  }

  // Who joins from now on finds another hub: this one would close its socket too.
  #close(code, reason) {
    this.#retire();
    this.#transport.close(code, reason);
  }

  #retire() {
    const gone = this.#gone;
    this.#gone = () => {};
    gone();
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
  post = () => {}; // sends it a message
  refused = 0; // the turn in which its hello failed for the last time

  constructor(hub) { this.#hub = hub; }

  take({ number, data }, transport) {
    if (number <= this.#last) return;
    this.#last = number;
    this.#waiting.push({ number, data });
    this.flush(transport);
  }

  grant(upTo, transport) {
    this.#granted = Math.max(this.#granted, upTo);
    this.flush(transport);
  }

  /** flush sends what may be sent, and claims the rest. */
  flush(transport) {
    while (transport.readyState === OPEN && this.#waiting[0]?.number <= this.#granted) {
      const { number, data } = this.#waiting.shift();
      transport.send(data);
      this.post({ tell: 'sent', number });
    }
    if (transport.readyState !== OPEN || this.#claimed >= this.#last) return;
    this.#claimed = this.#last;
    this.post({ tell: 'claim', hub: this.#hub, upTo: this.#claimed });
  }

  /** bequeath leaves to the transport what waits, within the bounds of its queue. */
  bequeath(transport) {
    for (const { number, data } of this.#waiting.splice(0)) {
      try {
        transport.send(data);
        this.post({ tell: 'sent', number });
      } catch {
        return; // the queue is full, and the tab that could be informed is gone
      }
    }
  }
}

/** watchLock calls dead() when the context that holds the lock is gone. Any number may watch one lock. */
export function watchLock(lock, dead) {
  navigator.locks?.request(lock, { mode: 'shared' }, () => dead()).catch(() => {}); // refused in a context that is going away itself
}

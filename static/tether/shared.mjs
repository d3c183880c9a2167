// A link to a socket that all tabs of the origin share. It has the attributes and methods of a WebSocket; the hub
// (shared-hub.mjs) has the connection.

import { checkAddress } from './address.mjs';
import { checkClose, toPayload } from './rules.mjs';
import { openChannel } from './shared-channel.mjs';

const CLOSING = 2;
const readyStates = { connecting: 0, waiting: 0, open: 1, closing: 2, closed: 3 };
const longestFarewell = 7000; // milliseconds to wait for the hub's word after close()
const lost = { code: 1006, reason: '', wasClean: false };

/** SharedLink is one tab's part of a shared socket. */
export class SharedLink {
  #address;
  #settings;
  #shared;
  #core;
  #emit;
  #receive;
  #channel;
  #id = crypto.randomUUID();
  #release; // ends the lock that says that this tab lives
  #facts = { state: 'connecting', protocol: '', extensions: '' };
  #hub = ''; // the one that knows this tab
  #unsent = []; // {number, data, bytes} that no hub has handed to a connection, as far as is known here
  #claimed = 0; // up to this number the hub may have done so
  #bytes = 0;
  #last = 0;
  #binaryType = 'blob';
  #joined = false; // this tab knows that a hub knows it
  #farewell;

  /** host is {core, emit(event), receive(data, origin)}. */
  constructor(url, protocols, { given, resilient, shared }, { core, emit, receive }) {
    if (typeof url === 'function' || typeof protocols === 'function') {
      throw new TypeError('tether: shared needs the address itself: a function cannot be asked by another context');
    }
    this.#address = checkAddress(url, protocols);
    this.#settings = { ...resilient, given };
    this.#shared = shared;
    this.#core = core;
    this.#emit = emit;
    this.#receive = receive;
    core.stats.attempt();
    core.note({ state: 'connecting', previous: '', cause: 'constructed' });
    this.#begin();
  }

  get url() { return this.#facts.url ?? this.#address.url; }
  get state() { return this.#facts.state; }
  get readyState() { return readyStates[this.#facts.state]; }
  get protocol() { return this.#facts.protocol; }
  get extensions() { return this.#facts.extensions; }
  get bufferedAmount() { return this.#bytes; }
  get binaryType() { return this.#binaryType; }
  set binaryType(type) {
    const name = `${type}`;
    if (name === 'blob' || name === 'arraybuffer') this.#binaryType = name;
  }

  get queued() {
    const { queueMessages, queueBytes } = this.#settings;
    return { messages: this.#unsent.length, bytes: this.#bytes, roomMessages: queueMessages, roomBytes: queueBytes };
  }

  /** tag tells this tab's requests from those of the others, which hear their answers too. */
  get tag() { return `${this.#id.slice(0, 13)}-`; }

  /** send keeps the message until a hub confirms that it was handed to a connection. */
  send(data) {
    const payload = toPayload(data);
    if (this.readyState >= CLOSING) return this.#drop([payload], 'the socket is closed');
    const { queueMessages, queueBytes } = this.#settings;
    if (this.#unsent.length >= queueMessages || this.#bytes + payload.bytes > queueBytes) {
      throw new DOMException(`tether: the queue of unsent messages is full (${this.#unsent.length} of ${queueMessages} messages, ${this.#bytes} of ${queueBytes} bytes)`, 'QuotaExceededError');
    }
    const entry = { ...payload, number: ++this.#last };
    this.#unsent.push(entry);
    this.#bytes += entry.bytes;
    this.#offer(entry);
    return undefined;
  }

  close(code, reason) {
    const asked = checkClose(code, reason);
    if (this.readyState >= CLOSING) return;
    this.#enter('closing', 'asked by the page');
    if (this.#joined) this.#channel.post({ do: 'leave', ...asked });
    this.#farewell = setTimeout(() => this.#finish(lost), this.#joined ? longestFarewell : 0);
  }

  terminate() {
    if (this.#facts.state === 'closed') return;
    if (this.#joined) this.#channel.post({ do: 'leave' });
    this.#finish(lost);
  }

  reconnect(reason) {
    if (this.#facts.state === 'closing') throw new DOMException('tether: reconnect: the socket is closing', 'InvalidStateError');
    if (this.#facts.state !== 'closed') return this.#channel.post({ do: 'reconnect', reason });
    this.#id = crypto.randomUUID();
    this.#enter('connecting', reason);
    return this.#begin();
  }

  // ── the hub ──

  // The lock is held before the hub hears of this tab: otherwise it would take us for dead.
  #begin() {
    const lock = `tether:member:${this.#id}`;
    const key = JSON.stringify([this.#shared.name, this.#address.url, this.#address.protocols]);
    const enter = () => {
      if (this.readyState >= CLOSING) return;
      this.#channel = openChannel({ key, id: this.#id, via: this.#shared.via }, {
        ready: () => queueMicrotask(() => this.#join(lock)),
        hear: (message) => this.#hear(message),
      });
    };
    if (!navigator.locks) return enter();
    const held = new Promise((resolve) => { this.#release = resolve; });
    navigator.locks.request(lock, () => {
      try {
        enter();
      } catch (error) {
        this.#emit(new ErrorEvent('error', { message: error.message, error }));
        this.#finish(lost);
      }
      return held;
    });
    return undefined;
  }

  #join(lock) {
    if (this.readyState >= CLOSING) return;
    this.#joined = false; // until it answers nothing is offered: it takes each message once, and in order
    this.#channel.post({ do: 'join', lock, ...this.#address, settings: this.#settings.given });
  }

  #offer({ number, data }) {
    if (this.#joined) this.#channel.post({ do: 'send', number, data });
  }

  #hear(message) {
    if (this.#facts.state === 'closed') return;
    switch (message.tell) {
      case 'state': return this.#follow(message);
      case 'claim': return this.#claim(message);
      case 'sent': return this.#confirmed(message.number);
      case 'message': return this.#arrived(message);
      case 'event': return this.#happened(message);
      default: return undefined;
    }
  }

  // The state of a hub that this tab has just joined: the first one, or one that follows another.
  #follow({ tell, hub, ...facts }) {
    if (this.#facts.state === 'closing') return;
    const known = hub === this.#hub && this.#facts.state === facts.state;
    if (hub !== this.#hub) this.#forgetClaimed();
    this.#hub = hub;
    this.#joined = true;
    for (const entry of this.#unsent) this.#offer(entry);
    if (known) return; // joined twice
    const wasOpen = this.#facts.state === 'open';
    if (wasOpen) this.#emit(Object.assign(new Event('disconnect'), lost));
    if (wasOpen) this.#enter('connecting', 'the tab that had the connection is gone');
    const { state } = facts;
    this.#facts = { ...facts, state: this.#facts.state };
    this.#enter(state, 'joined');
    if (state === 'open') this.#emit(new Event('open'));
  }

  // What is claimed counts as sent should the hub die: so it is never sent twice.
  #claim({ hub, upTo }) {
    if (hub !== this.#hub) return;
    this.#claimed = upTo;
    this.#channel.post({ do: 'claimed', hub, upTo });
  }

  #forgetClaimed() {
    let bytes = 0;
    while (this.#unsent[0]?.number <= this.#claimed) bytes += this.#unsent.shift().bytes;
    this.#bytes -= bytes;
    this.#core.stats.uncertain(bytes);
  }

  #confirmed(number) {
    while (this.#unsent.length > 0 && this.#unsent[0].number <= number) {
      const { bytes } = this.#unsent.shift();
      this.#bytes -= bytes;
      this.#core.stats.sent(bytes);
    }
  }

  #arrived({ data, origin }) {
    if (this.#facts.state !== 'open') return;
    const value = typeof data === 'string' || this.#binaryType === 'arraybuffer' ? data : new Blob([data]);
    this.#receive(value, origin);
  }

  #happened({ tell, type, url, protocol, extensions, ...event }) {
    if (type === 'close') return this.#finish(event);
    if (this.#facts.state === 'closing') return undefined;
    if (url !== undefined) this.#facts = { ...this.#facts, url, protocol, extensions };
    if (type === 'statechange') return readyStates[event.state] < CLOSING && this.#enter(event.state, event.cause); // the end is told by close
    if (type === 'retry') this.#core.stats.attempt();
    if (type === 'error') return undefined; // with close
    return this.#emit(Object.assign(new Event(type), event));
  }

  #enter(state, cause) {
    const previous = this.#facts.state;
    if (state === previous) return;
    this.#facts = { ...this.#facts, state };
    this.#core.note({ state, previous, cause });
    this.#emit(Object.assign(new Event('statechange'), { state, previous, cause }));
  }

  #finish({ code, reason, wasClean, cause }) {
    if (this.#facts.state === 'closed') return;
    clearTimeout(this.#farewell);
    this.#joined = false;
    this.#channel?.leave();
    this.#release?.();
    const left = this.#unsent.splice(0);
    this.#bytes = 0;
    this.#enter('closed', cause ?? `closed with ${code}`);
    if (left.length > 0) this.#drop(left, 'the socket closed before they could be sent');
    if (!wasClean) this.#emit(new Event('error'));
    this.#emit(new CloseEvent('close', { code, reason, wasClean }));
  }

  #drop(payloads, cause) {
    this.#core.stats.dropped(payloads.length);
    const bytes = payloads.reduce((sum, payload) => sum + payload.bytes, 0);
    this.#emit(Object.assign(new Event('drop'), { messages: payloads.length, bytes, cause }));
  }
}

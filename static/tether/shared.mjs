// A transport to a socket that all tabs of the origin share. It has the attributes and methods of a WebSocket; the hub
// (shared-hub.mjs) has the connection.

import { checkAddress } from './address.mjs';
import { Drops } from './drops.mjs';
import { closeEvent, errorEvent, eventWith } from './events.mjs';
import { checkClose, toPayload } from './rules.mjs';
import { Speaker } from './shared-greeting.mjs';
import { checkShareable, openChannel } from './shared-channel.mjs';

const CLOSING = 2;
const readyStates = { connecting: 0, waiting: 0, open: 1, closing: 2, closed: 3 };
const longestFarewell = 7000; // milliseconds to wait for the hub's word after close()
const lost = { code: 1006, reason: '', wasClean: false };

/** SharedTransport is one tab's part of a shared socket. */
export class SharedTransport {
  #address;
  #settings;
  #shared;
  #socketState;
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
  #speaker = null; // this tab's part of the first words
  #farewell;
  #drops;
  #failure = null; // the error that ends it

  /** host is {socketState, emit(event), receive(data, origin)}. */
  constructor(url, protocols, { given, resilient, shared }, { socketState, emit, receive }) {
    if (typeof url === 'function' || typeof protocols === 'function') {
      throw new TypeError('tether: shared needs the address itself: a function cannot be asked by another context');
    }
    checkShareable(shared);
    this.#address = checkAddress(url, protocols);
    this.#settings = { ...resilient, given: given === true ? true : { ...given, hello: undefined, failover: resilient.failover } }; // no function travels, and no relative address
    this.#shared = shared;
    this.#socketState = socketState;
    this.#emit = emit;
    this.#receive = receive;
    this.#drops = new Drops(emit);
    socketState.stats.attempt();
    socketState.note({ state: 'connecting', previous: '', cause: 'constructed' });
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

  /** tag distinguishes this tab's requests from those of the others, which get the answers too. */
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

  // The lock is held before the hub learns of this tab: otherwise the hub would take it for dead.
  #begin() {
    const lock = `tether:member:${this.#id}`;
    const { url, protocols } = this.#address;
    const key = JSON.stringify([this.#shared.name, url, protocols, ...(this.#settings.hello ? ['hello'] : [])]); // of the tabs of one socket, all have a hello or none has
    const enter = () => {
      if (this.readyState >= CLOSING) return;
      this.#channel = openChannel({ key, id: this.#id, via: this.#shared.via }, {
        ready: () => queueMicrotask(() => this.#join(lock)),
        receive: (message) => this.#receiveFromHub(message),
      });
    };
    if (!navigator.locks) return enter();
    const held = new Promise((resolve) => { this.#release = resolve; });
    navigator.locks.request(lock, () => {
      try {
        enter();
      } catch (error) {
        this.#finish({ ...lost, error });
      }
      return held;
    });
    return undefined;
  }

  #join(lock) {
    if (this.readyState >= CLOSING) return;
    this.#joined = false; // until it answers nothing is offered: it takes each message once, and in order
    this.#channel.post({ do: 'join', lock, ...this.#address, settings: this.#settings.given, greets: this.#settings.hello !== null });
  }

  #offer({ number, data }) {
    if (this.#joined) this.#channel.post({ do: 'send', number, data });
  }

  #receiveFromHub(message) {
    if (this.#facts.state === 'closed') return;
    switch (message.tell) {
      case 'state': return this.#follow(message);
      case 'claim': return this.#claim(message);
      case 'sent': return this.#confirmed(message.number);
      case 'message': return this.#arrived(message);
      case 'event': return this.#happened(message);
      case 'greet': return this.#speak(message);
      case 'answer': case 'hush': return this.#speaker?.receive(message);
      default: return undefined;
    }
  }

  // The state of a hub that this tab has just joined: the first one, or one that follows another.
  #follow({ tell, hub, ...facts }) {
    if (this.#facts.state === 'closing') return;
    const known = hub === this.#hub && this.#facts.state === facts.state;
    if (hub !== this.#hub) this.#forgetClaimed();
    if (hub !== this.#hub) this.#speaker?.end(); // its connection is gone with the other hub
    this.#hub = hub;
    this.#joined = true;
    for (const entry of this.#unsent) this.#offer(entry);
    if (known) return; // joined twice
    const wasOpen = this.#facts.state === 'open';
    if (wasOpen) this.#emit(eventWith('disconnect', lost));
    if (wasOpen) this.#enter('connecting', 'the tab that had the connection is gone');
    const { state } = facts;
    this.#facts = { ...facts, state: this.#facts.state };
    this.#enter(state, 'joined');
    if (state === 'open') this.#emit(new Event('open'));
  }

  // The hub has a connection, and wants this tab's hello to speak first on it.
  #speak(turn) {
    if (this.readyState >= CLOSING) return;
    this.#speaker?.end();
    const { codec, stats } = this.#socketState;
    this.#speaker = new Speaker(turn, this.#settings.hello, {
      post: (message) => this.#channel.post(message),
      encode: (value) => (codec ? codec.encode(value) : value),
      decode: (data) => (codec ? codec.decode(data) : this.#asBinaryType(data)),
      sent: (bytes) => stats.sent(bytes),
    });
  }

  #asBinaryType(data) { return typeof data === 'string' || this.#binaryType === 'arraybuffer' ? data : new Blob([data]); }

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
    this.#socketState.stats.uncertain(bytes);
  }

  #confirmed(number) {
    while (this.#unsent.length > 0 && this.#unsent[0].number <= number) {
      const { bytes } = this.#unsent.shift();
      this.#bytes -= bytes;
      this.#socketState.stats.sent(bytes);
    }
  }

  #arrived({ data, origin }) {
    if (this.#facts.state !== 'open') return;
    this.#receive(this.#asBinaryType(data), origin);
  }

  #happened({ tell, type, url, protocol, extensions, ...event }) {
    if (type === 'close') return this.#finish(event);
    if (this.#facts.state === 'closing') return undefined;
    if (url !== undefined) this.#facts = { ...this.#facts, url, protocol, extensions };
    if (type === 'statechange') return readyStates[event.state] < CLOSING && this.#enter(event.state, event.cause); // the close event reports the end
    if (type === 'retry') this.#socketState.stats.attempt();
    if (type === 'error') return this.#failed(event);
    return this.#emit(eventWith(type, event));
  }

  // The error of the hub's end comes directly before its close, and is given to the page with it.
  #failed({ message, state }) {
    if (message === undefined) return undefined;
    if (state !== 'closed') return this.#emit(errorEvent(new Error(message)));
    this.#failure = new Error(message);
    return undefined;
  }

  #enter(state, cause) {
    const previous = this.#facts.state;
    if (state === previous) return;
    this.#facts = { ...this.#facts, state };
    this.#socketState.note({ state, previous, cause });
    this.#emit(eventWith('statechange', { state, previous, cause }));
  }

  #finish({ code, reason, wasClean, cause, error }) {
    if (this.#facts.state === 'closed') return;
    clearTimeout(this.#farewell);
    this.#joined = false;
    this.#speaker?.end();
    this.#channel?.leave();
    this.#release?.();
    const left = this.#unsent.splice(0);
    this.#bytes = 0;
    this.#enter('closed', cause ?? `closed with ${code}`);
    if (left.length > 0) this.#drop(left, 'the socket closed before they could be sent');
    this.#drops.flush();
    const why = error ?? this.#failure;
    this.#failure = null;
    if (!wasClean) this.#emit(why ? errorEvent(why) : new Event('error'));
    this.#emit(closeEvent({ code, reason, wasClean }));
  }

  #drop(payloads, cause) {
    this.#socketState.stats.dropped(payloads.length);
    this.#drops.add(payloads, cause);
  }
}

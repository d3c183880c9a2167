// TetherSocket: the WebSocket interface, and what goes beyond it. It holds a link that does the work: a native WebSocket
// in plain mode, a ResilientLink otherwise. Both have the same attributes and methods, so this file knows no difference.

import { defineHandlers } from './handlers.mjs';
import { iterate } from './iterate.mjs';
import { readOptions } from './options.mjs';
import { openPlain } from './plain.mjs';
import { ResilientLink } from './resilient.mjs';
import { sizeOf } from './rules.mjs';
import { newStats } from './stats.mjs';

const states = ['connecting', 'open', 'closing', 'closed'];
const asyncDispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');

/** TetherSocket is a WebSocket; see tether.d.ts for what each member does. */
export class TetherSocket extends EventTarget {
  #link;
  #plain;
  #codec;
  #stats = newStats();
  #any = new Set(); // listeners for "*"

  constructor(url, protocols, options) {
    if (arguments.length === 0) {
      throw new TypeError("Failed to construct 'TetherSocket': 1 argument required, but only 0 present.");
    }
    super();
    const { codec, resilient } = readOptions(options);
    this.#codec = codec;
    this.#plain = !resilient;
    const emit = (event) => this.#emit(event);
    const receive = (event) => this.#receive(event);
    this.#link = resilient
      ? new ResilientLink(url, protocols, resilient, this.#stats, emit, receive)
      : openPlain(url, protocols, emit, receive);
    if (codec) this.#link.binaryType = 'arraybuffer';
  }

  get url() { return this.#link.url; }
  get readyState() { return this.#link.readyState; }
  get bufferedAmount() { return this.#link.bufferedAmount; }
  get extensions() { return this.#link.extensions; }
  get protocol() { return this.#link.protocol; }
  get binaryType() { return this.#link.binaryType; }
  set binaryType(type) {
    if (this.#codec) return; // a codec reads ArrayBuffers, whatever the page would like
    this.#link.binaryType = type;
  }

  send(data) {
    if (arguments.length === 0) {
      throw new TypeError("Failed to execute 'send' on 'TetherSocket': 1 argument required, but only 0 present.");
    }
    const message = this.#codec ? this.#codec.encode(data) : data;
    this.#link.send(message);
    if (this.#plain && this.#link.readyState === TetherSocket.OPEN) this.#stats.sent(sizeOf(message));
  }

  close(...args) { this.#link.close(...args); }

  get state() { return this.#link.state ?? states[this.readyState]; }

  reconnect(reason = 'asked by the page') {
    if (!this.#link.reconnect) {
      throw new DOMException('tether: reconnect needs a resilient socket: new TetherSocket(url, protocols, {resilient: true})', 'InvalidStateError');
    }
    this.#link.reconnect(String(reason));
  }

  on(type, listener, options = {}) {
    if (typeof listener !== 'function') throw new TypeError(`tether: on("${type}"): the listener must be a function`);
    if (options.signal?.aborted) return () => {};
    if (type === '*') return this.#onAny(listener, options);
    this.addEventListener(type, listener, options);
    return () => this.removeEventListener(type, listener);
  }

  once(type, listener, options = {}) { return this.on(type, listener, { ...options, once: true }); }

  off(type, listener) {
    if (type !== '*') return this.removeEventListener(type, listener);
    for (const entry of this.#any) if (entry.listener === listener) this.#any.delete(entry);
  }

  stats() { return this.#stats.read(this.#link); }

  [Symbol.asyncIterator]() { return iterate(this); }

  async [asyncDispose]() {
    if (this.readyState === TetherSocket.CLOSED) return;
    const closed = new Promise((resolve) => { this.addEventListener('close', resolve, { once: true }); });
    this.close(1000);
    await closed;
  }

  #onAny(listener, { once = false, signal }) {
    const entry = { listener, once };
    const cancel = () => { this.#any.delete(entry); };
    this.#any.add(entry);
    signal?.addEventListener('abort', cancel, { once: true });
    return cancel;
  }

  #receive({ data, origin }) {
    this.#stats.received(sizeOf(data));
    let value = data;
    try {
      if (this.#codec) value = this.#codec.decode(data);
    } catch (error) {
      this.#stats.undecoded();
      return this.#emit(Object.assign(new ErrorEvent('decodeerror', { message: error.message, error }), { data }));
    }
    return this.#emit(new MessageEvent('message', { data: value, origin }));
  }

  #emit(event) {
    if (event.type === 'open') this.#stats.opened();
    this.dispatchEvent(event);
    if (this.#any.size > 0) this.#emitToAny(event);
  }

  #emitToAny(event) {
    for (const entry of [...this.#any]) {
      if (entry.once) this.#any.delete(entry);
      try {
        entry.listener.call(this, event);
      } catch (error) {
        reportError(error); // as for any listener: it reaches window.onerror and stops nobody else
      }
    }
  }
}

defineHandlers(TetherSocket.prototype, ['open', 'error', 'close', 'message']);
shapeLikeWebSocket(TetherSocket);

// Web IDL: constants stand on the class and on its prototype, and members are enumerable.
function shapeLikeWebSocket(target) {
  const constants = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
  for (const [name, value] of Object.entries(constants)) {
    for (const owner of [target, target.prototype]) Object.defineProperty(owner, name, { value, enumerable: true });
  }
  for (const name of ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol', 'binaryType', 'send', 'close']) {
    Object.defineProperty(target.prototype, name, { enumerable: true });
  }
  Object.defineProperty(target.prototype.close, 'length', { value: 0 });
  Object.defineProperty(target, 'length', { value: 1 });
  Object.defineProperty(target.prototype, Symbol.toStringTag, { value: 'TetherSocket', configurable: true });
}

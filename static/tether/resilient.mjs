// Resilient mode: one link over many native WebSockets. The engine (Go, in WASM) decides when to dial, how long to wait,
// which close codes end it and when to give up; this file performs, and carries the messages itself.
//
// The first attempt is made at once, in the constructor, and the engine is told of it when it is loaded: so the page
// connects no later than with a native WebSocket.

import { Heartbeat } from './heartbeat.mjs';
import { followPage } from './hints.mjs';
import { Outbox } from './outbox.mjs';
import { Pilot } from './pilot.mjs';
import { dial } from './native.mjs';
import { checkClose, quickSize, toPayload } from './rules.mjs';

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
const readyStates = { connecting: CONNECTING, waiting: CONNECTING, open: OPEN, closing: CLOSING, closed: CLOSED };

const lost = { code: 1006, reason: '', wasClean: false };

/** ResilientLink has the attributes and methods of a WebSocket, and state, queued and reconnect besides. */
export class ResilientLink {
  #address; // {url, protocols}: values, or functions asked before each attempt
  #core;
  #stats;
  #emit;
  #receive;
  #limits;
  #outbox;
  #pilot;
  #native = null; // the current socket
  #generation = 0; // its number: events of an older one are not listened to any more
  #ended = 0; // the last generation that a close event came from
  #heard = 0; // the last generation that a message came from: the engine is told of the first one only
  #end = lost; // how the last connection or attempt ended
  #state = 'connecting';
  #url = '';
  #origin = '';
  #binaryType = 'blob';
  #hints; // whether to follow the page
  #unfollow = () => {};
  #heartbeat = null;
  #parked = false; // in the back/forward cache: no attempts
  #orphaned = false; // there is no engine: the next end is final

  /** host is {core, emit(event), receive(data, origin)}. */
  constructor(url, protocols, settings, { core, emit, receive }) {
    this.#address = { url, protocols };
    this.#core = core;
    this.#stats = core.stats;
    this.#emit = emit;
    this.#receive = receive;
    this.#limits = { roomMessages: settings.queueMessages, roomBytes: settings.queueBytes };
    core.note({ state: 'connecting', previous: '', cause: 'constructed' });
    this.#outbox = new Outbox(settings, (payloads) => this.#dropped(payloads, 'the queue is full'));
    this.#pilot = new Pilot(settings, (order) => this.#perform(order), (error) => this.#orphan(error));
    this.#hints = settings.hints;
    if (settings.heartbeat) this.#heartbeat = new Heartbeat(settings.heartbeat);
    this.#dial(1, (error) => { throw error; });
    this.#begin();
  }

  get kind() { return 'resilient'; }
  get url() { return this.#url; }
  get state() { return this.#state; }
  get readyState() { return readyStates[this.#state]; }
  get protocol() { return this.#native?.protocol ?? ''; }
  get extensions() { return this.#native?.extensions ?? ''; }
  get bufferedAmount() { return this.#outbox.bytes + (this.#native?.bufferedAmount ?? 0); }
  get queued() { return { messages: this.#outbox.length, bytes: this.#outbox.bytes, ...this.#limits }; }
  get binaryType() { return this.#binaryType; }
  set binaryType(type) {
    const name = `${type}`;
    if (name !== 'blob' && name !== 'arraybuffer') return; // Web IDL: an unknown enumeration value is ignored
    this.#binaryType = name;
    if (this.#native) this.#native.binaryType = name;
  }

  /** send hands data to the open connection, or keeps it for the next one. After close() it is dropped, as natively. */
  send(data) {
    if (this.#state === 'open' && this.#native.readyState === OPEN && this.#outbox.length === 0) {
      this.#hand(data);
    } else if (this.readyState >= CLOSING) {
      this.#dropped([toPayload(data)], 'the socket is closed');
    } else {
      this.#outbox.push(toPayload(data));
    }
  }

  close(code, reason) {
    const asked = checkClose(code, reason);
    if (this.readyState >= CLOSING) return;
    const wasOpen = this.#state === 'open';
    this.#enter('closing', 'asked by the page');
    if (this.#native?.readyState <= OPEN) {
      closeNative(this.#native, asked);
      // The engine bounds the closing handshake. An attempt is failed by the browser at once.
      if (wasOpen) this.#pilot.tell({ kind: 'close' });
      else this.#pilot.leave();
    } else {
      this.#pilot.leave();
      setTimeout(() => this.#finish(lost)); // between two connections: as if one had been under way
    }
  }

  // What the browser adds to its own count is the size of the message. Asking it twice costs more than a small text or a look at
  // byteLength does.
  #hand(data) {
    const known = quickSize(data);
    if (known >= 0) {
      this.#native.send(data);
      this.#stats.sent(known);
      return;
    }
    const before = this.#native.bufferedAmount;
    this.#native.send(data);
    this.#stats.sent(this.#native.bufferedAmount - before);
    this.#core.tell?.message(0, data);
  }

  /** terminate ends it now, without a closing handshake that the page would wait for. */
  terminate() {
    if (this.#state === 'closed') return;
    this.#enter('closing', 'terminated by the page');
    this.#finish({ ...lost, cause: 'terminated by the page' });
  }

  /** reconnect drops the connection or the wait there is, and tries again at once; also after the socket has closed. */
  reconnect(reason) {
    if (this.#state === 'closing') throw new DOMException('tether: reconnect: the socket is closing', 'InvalidStateError');
    if (this.#state !== 'closed') {
      if (this.#orphaned) throw new DOMException('tether: reconnect needs the WASM engine, which is not running', 'InvalidStateError');
      this.#pilot.tell({ kind: 'reconnect', reason });
      return;
    }
    this.#orphaned = false;
    this.#generation = this.#heard = this.#ended = 0;
    this.#enter('connecting', reason);
    this.#begin();
    this.#dial(1, (error) => this.#failed(1, error));
  }

  #begin() {
    this.#pilot.begin();
    if (this.#hints) this.#unfollow = followPage((hint) => this.#hinted(hint));
  }

  // ── hints ──

  #hinted(hint) {
    this.#core.note({ state: this.#state, previous: this.#state, cause: `hint: ${hint}` });
    this.#emit(Object.assign(new Event('hint'), { hint }));
    switch (hint) {
      case 'cached': return this.#park();
      case 'restored': return this.#unpark();
      case 'hidden': case 'frozen': return undefined; // told, since they prove nothing about the connection
      default: return !this.#parked && this.readyState < CLOSING && this.#pilot.tell({ kind: 'hint', hint }); // the engine knows what follows
    }
  }

  // A connection keeps a page out of the back/forward cache, or is cut off there without a word: it is let go of here.
  #park() {
    if (this.readyState >= CLOSING || this.#orphaned) return;
    this.#parked = true;
    const opened = this.#state === 'open';
    const generation = this.#generation;
    this.#release();
    if (opened) this.#disconnected(lost, 'the page was put into the back/forward cache');
    this.#pilot.tell({ kind: 'closed', generation, ...lost, opened });
  }

  #unpark() {
    if (!this.#parked) return;
    this.#parked = false;
    this.#pilot.tell({ kind: 'reconnect', reason: 'the page is back' });
  }

  // ── the engine's orders ──

  #perform(order) {
    switch (order.do) {
      case 'dial': return !this.#parked && this.#dial(order.generation, (error) => this.#failed(order.generation, error));
      case 'abandon': return this.#abandon();
      case 'closeConnection': return this.#native?.readyState <= OPEN && closeNative(this.#native, order);
      case 'state': return this.#follow(order);
      case 'retry': return this.#emit(Object.assign(new Event('retry'), { attempt: order.attempt, delay: order.delay, cause: order.cause, rule: order.reason }));
      case 'ping': return this.#ping(order.id);
      case 'pong': return this.#emit(Object.assign(new Event('pong'), { roundTrip: order.delay }));
      case 'finish': return this.#finish({ ...this.#end, cause: order.cause });
      default: throw new Error(`tether: the engine orders "${order.do}", which this version of tether.mjs does not know`);
    }
  }

  // What this file has seen for itself, it has said already: the engine's word on it may come later.
  #follow({ state, cause }) {
    if (state === 'waiting' || (state === 'connecting' && this.#state === 'waiting')) this.#enter(state, cause);
  }

  // Past the queue, which is empty while a connection is open. One that cannot be sent is one without an answer.
  #ping(nonce) {
    try {
      this.#native?.send(this.#heartbeat.ask(nonce));
    } catch (error) {
      this.#emit(new ErrorEvent('error', { message: `tether: heartbeat: ${error.message}`, error }));
    }
  }

  #abandon() {
    const wasOpen = this.#state === 'open';
    this.#release();
    if (wasOpen) this.#disconnected(lost, 'given up by this side');
  }

  // Without an engine nobody decides to try again. What is connected stays so; its end is then final.
  #orphan(error) {
    if (this.#state === 'closed') return;
    this.#orphaned = true;
    this.#emit(new ErrorEvent('error', { message: error.message, error }));
    if (this.#native === null || this.#native.readyState === CLOSED) this.#finish(this.#end);
  }

  // ── connections ──

  // dial makes attempt number generation. The first is made before the engine asks for it, and not made again then.
  #dial(generation, onError) {
    if (generation <= this.#generation) return;
    this.#generation = generation;
    this.#stats.attempt();
    const { url, protocols } = this.#address;
    if (typeof url === 'function' || typeof protocols === 'function') {
      this.#ask(generation).catch((error) => this.#failed(generation, error));
      return;
    }
    try {
      this.#connect(generation, url, protocols);
    } catch (error) {
      onError(error);
    }
  }

  async #ask(generation) {
    const answer = (value) => (typeof value === 'function' ? value() : value);
    const [url, protocols] = await Promise.all([answer(this.#address.url), answer(this.#address.protocols)]);
    if (generation === this.#generation && this.#state === 'connecting') this.#connect(generation, url, protocols);
  }

  #connect(generation, url, protocols) {
    const native = dial(url, protocols);
    const current = (handle) => (event) => { if (this.#native === native) handle(event); };
    native.binaryType = this.#binaryType;
    native.onopen = current(() => this.#opened(generation));
    native.onmessage = current((event) => this.#received(generation, event));
    native.onerror = current(() => setTimeout(current(() => this.#forbidden(native, generation))));
    native.onclose = current((event) => this.#closed(generation, event));
    this.#native = native;
    this.#url = native.url;
    this.#origin = new URL(native.url).origin; // of every message: events compute theirs anew
  }

  // Chromium says error, and never close, for an address that the Content-Security-Policy forbids.
  #forbidden(native, generation) {
    if (native.readyState !== CLOSED || this.#ended === generation) return;
    this.#failed(generation, new DOMException(`tether: ${native.url} is forbidden by the Content-Security-Policy (connect-src)`, 'SecurityError'));
  }

  #opened(generation) {
    if (this.#state === 'closing') return;
    this.#end = lost;
    this.#heartbeat?.opened();
    this.#enter('open', '');
    this.#pilot.tell({ kind: 'opened', generation });
    this.#flush();
    if (this.#state === 'open') this.#emit(new Event('open'));
  }

  #flush() {
    const native = this.#native;
    this.#outbox.flush(({ data, bytes }) => {
      if (native.readyState !== OPEN) return false;
      native.send(data);
      this.#stats.sent(bytes);
      this.#core.tell?.message(0, data);
      return true;
    });
  }

  #received(generation, event) {
    if (this.#heartbeat !== null) {
      const heard = this.#heartbeat.hear(event.data, event.timeStamp);
      if (heard !== null) this.#pilot.tell({ kind: 'received', generation, ...heard });
      if (heard !== null && heard.answer !== 'none') return;
    } else if (this.#heard !== generation) {
      this.#heard = generation;
      this.#pilot.tell({ kind: 'received', generation, answer: 'none', nonce: 0 });
    }
    this.#receive(event.data, this.#origin);
  }

  #closed(generation, { code, reason, wasClean }) {
    const opened = this.#state === 'open';
    this.#ended = generation;
    this.#end = { code, reason, wasClean };
    this.#stats.uncertain(this.#native.bufferedAmount);
    if (this.#state === 'closing' || this.#orphaned) return this.#finish(this.#end);
    if (opened) this.#disconnected(this.#end, describeEnd(this.#end));
    if (this.readyState < CLOSING) this.#pilot.tell({ kind: 'closed', generation, ...this.#end, opened });
  }

  #disconnected(end, cause) {
    this.#enter('connecting', cause);
    this.#emit(Object.assign(new Event('disconnect'), end));
  }

  // failed: the address could not be had, or the browser refuses it. The latter will not change by waiting.
  #failed(generation, error) {
    if (generation !== this.#generation || this.readyState >= CLOSING) return;
    const message = String(error?.message ?? error);
    const permanent = error?.permanent === true || error?.name === 'SyntaxError' || error?.name === 'SecurityError';
    this.#end = lost;
    this.#emit(new ErrorEvent('error', { message, error }));
    if (this.#orphaned) this.#finish(lost);
    else this.#pilot.tell({ kind: 'failed', generation, reason: message, permanent });
  }

  // release lets go of the current socket: nothing that it still says is heard.
  #release() {
    const native = this.#native;
    this.#native = null;
    if (native === null || native.readyState === CLOSED) return;
    this.#stats.uncertain(native.bufferedAmount);
    native.onopen = native.onmessage = native.onerror = native.onclose = null;
    if (native.readyState <= OPEN) native.close();
  }

  // ── what the page sees ──

  #enter(state, cause) {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    this.#core.note({ state, previous, cause });
    this.#emit(Object.assign(new Event('statechange'), { state, previous, cause }));
  }

  #finish({ code, reason, wasClean, cause }) {
    if (this.#state === 'closed') return;
    this.#pilot.leave();
    this.#unfollow();
    this.#parked = false;
    this.#release();
    const left = this.#outbox.clear();
    this.#enter('closed', cause || describeEnd({ code, reason }));
    if (left.length > 0) this.#dropped(left, 'the socket closed before they could be sent');
    if (!wasClean) this.#emit(new Event('error'));
    this.#emit(new CloseEvent('close', { code, reason, wasClean }));
  }

  #dropped(payloads, cause) {
    this.#stats.dropped(payloads.length);
    const bytes = payloads.reduce((sum, payload) => sum + payload.bytes, 0);
    this.#emit(Object.assign(new Event('drop'), { messages: payloads.length, bytes, cause }));
  }
}

const describeEnd = ({ code, reason }) => `connection closed: ${code}${reason ? ` ${JSON.stringify(reason)}` : ''}`;

function closeNative(native, { code, reason }) {
  if (code === undefined && reason === undefined) native.close();
  else native.close(code, reason);
}

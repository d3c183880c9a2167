// Resilient mode: one link over many native WebSockets. The engine (Go, in WASM) decides when to dial, how long to wait,
// which close codes end it and when to give up; this file performs, and carries the messages itself.
//
// The first attempt is made at once, in the constructor. What happens while the engine is still loading is kept with its
// time and told to it afterwards, so that the page connects no later than with a native WebSocket.

import { engine as loadEngine } from './loader.mjs';
import { Outbox } from './outbox.mjs';
import { dial } from './plain.mjs';
import { checkClose, sizeOf, toPayload } from './rules.mjs';

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
const readyStates = { connecting: CONNECTING, waiting: CONNECTING, open: OPEN, closing: CLOSING, closed: CLOSED };

const longestWait = 2 ** 31 - 1; // what setTimeout can hold, in milliseconds
const lost = { code: 1006, reason: '', wasClean: false };

/** ResilientLink has the attributes and methods of a WebSocket, and state, queued and reconnect besides. */
export class ResilientLink {
  #address; // {url, protocols}: values, or functions asked before each attempt
  #settings;
  #stats;
  #emit;
  #receive;
  #outbox;
  #native = null; // the current socket
  #generation = 0; // its number: events of an older one are not listened to any more
  #binaryType = 'blob';
  #state = 'connecting';
  #url = '';
  #engine = null; // the engine's side of this link, once it is loaded
  #early = []; // events for it, until then
  #orphaned = false; // there will be no engine: the next end is final
  #timer = 0;

  constructor(url, protocols, settings, stats, emit, receive) {
    this.#address = { url, protocols };
    this.#settings = settings;
    this.#stats = stats;
    this.#emit = emit;
    this.#receive = receive;
    this.#outbox = new Outbox(settings, (payloads) => this.#dropped(payloads, 'the queue is full'));
    this.#early.push({ kind: 'start', at: now() });
    this.#dial(1, (error) => { throw error; });
    loadEngine().then((engine) => this.#adopt(engine), (error) => this.#orphan(error));
  }

  get url() { return this.#url; }
  get state() { return this.#state; }
  get readyState() { return readyStates[this.#state]; }
  get protocol() { return this.#native?.protocol ?? ''; }
  get extensions() { return this.#native?.extensions ?? ''; }
  get bufferedAmount() { return this.#outbox.bytes + (this.#native?.bufferedAmount ?? 0); }
  get queued() { return { messages: this.#outbox.length, bytes: this.#outbox.bytes }; }
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
      this.#native.send(data);
      this.#stats.sent(sizeOf(data));
    } else if (this.readyState >= CLOSING) {
      this.#dropped([toPayload(data)], 'the socket is closed');
    } else {
      this.#outbox.push(toPayload(data));
    }
  }

  close(code, reason) {
    const asked = checkClose(code, reason);
    if (this.readyState >= CLOSING) return;
    this.#enter('closing', 'asked by the page');
    this.#tell({ kind: 'close', ...asked });
    if (this.#native?.readyState <= OPEN) closeNative(this.#native, asked);
    else setTimeout(() => this.#finish(lost)); // between two connections: like a native socket that was still connecting
  }

  /** reconnect drops the connection or the wait there is, and tries again at once; also after the socket has closed. */
  reconnect(reason) {
    if (this.#orphaned) throw new DOMException('tether: reconnect needs the WASM engine, which is not running', 'InvalidStateError');
    if (this.#state === 'closing') throw new DOMException('tether: reconnect: the socket is closing', 'InvalidStateError');
    this.#tell({ kind: 'reconnect', reason });
  }

  // ── the engine ──

  #adopt(engine) {
    if (this.#state === 'closed') return;
    this.#engine = engine.attach(this.#settings, {
      perform: (command) => this.#perform(command),
      ended: (error) => this.#orphan(error),
    });
    for (const event of this.#early.splice(0)) this.#engine?.step(event);
  }

  #tell(event) {
    if (this.#engine) this.#engine.step({ ...event, at: now() });
    else if (!this.#orphaned) this.#early.push({ ...event, at: now() });
  }

  #perform(command) {
    switch (command.do) {
      case 'dial': return this.#dial(command.generation, (error) => this.#failed(command.generation, error));
      case 'abandon': return this.#abandon();
      case 'timer': return this.#startTimer(command.delay);
      case 'state': return this.#enter(command.state, command.cause, command);
      case 'finish': return this.#finish(command);
      default: throw new Error(`tether: the engine asks for "${command.do}", which this version of tether.mjs does not know`);
    }
  }

  // Without an engine nobody decides to try again. What is connected stays so; its end is then final.
  #orphan(error) {
    if (this.#state === 'closed') return;
    this.#orphaned = true;
    this.#engine = null;
    this.#early = [];
    this.#startTimer(-1);
    this.#emit(new ErrorEvent('error', { message: error.message, error }));
    if (this.#native === null || this.#native.readyState === CLOSED) this.#finish(lost);
  }

  #startTimer(delay) {
    clearTimeout(this.#timer);
    if (delay < 0) return;
    this.#timer = setTimeout(() => this.#tell({ kind: 'timer' }), Math.min(delay, longestWait));
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
    if (generation === this.#generation && this.readyState === CONNECTING) this.#connect(generation, url, protocols);
  }

  #connect(generation, url, protocols) {
    const native = dial(url, protocols);
    const current = (handle) => (event) => { if (this.#native === native) handle(event); };
    native.binaryType = this.#binaryType;
    native.onopen = current(() => this.#opened(generation));
    native.onmessage = current((event) => this.#received(generation, event));
    native.onclose = current((event) => this.#closed(generation, event));
    this.#native = native;
    this.#url = native.url;
  }

  #opened(generation) {
    if (this.#state === 'closing') return;
    this.#enter('open', 'the server accepted the connection');
    this.#tell({ kind: 'opened', generation });
    this.#flush();
    if (this.#state === 'open') this.#emit(new Event('open'));
  }

  #flush() {
    const native = this.#native;
    this.#outbox.flush(({ data, bytes }) => {
      if (native.readyState !== OPEN) return false;
      native.send(data);
      this.#stats.sent(bytes);
      return true;
    });
  }

  #heard = 0; // the last generation that a message came from: the engine wants to know of the first one only

  #received(generation, event) {
    if (this.#heard !== generation) {
      this.#heard = generation;
      this.#tell({ kind: 'received', generation });
    }
    this.#receive(event);
  }

  #closed(generation, { code, reason, wasClean }) {
    const end = { code, reason, wasClean };
    const opened = this.#state === 'open';
    this.#stats.uncertain(this.#native.bufferedAmount);
    if (this.#state === 'closing' || this.#orphaned) return this.#finish(end);
    if (opened) this.#enter('connecting', describeEnd(end));
    if (opened) this.#emit(Object.assign(new Event('disconnect'), end));
    this.#tell({ kind: 'closed', generation, ...end, opened });
  }

  // failed: the address could not be had, or the browser refuses it. The latter will not change by waiting.
  #failed(generation, error) {
    if (generation !== this.#generation || this.readyState >= CLOSING) return;
    const permanent = error?.permanent === true || error?.name === 'SyntaxError' || error?.name === 'SecurityError';
    this.#emit(new ErrorEvent('error', { message: String(error?.message ?? error), error }));
    if (this.#orphaned) return this.#finish(lost);
    this.#tell({ kind: 'closed', generation, ...lost, opened: false, permanent });
  }

  #abandon() {
    const native = this.#native;
    this.#native = null;
    if (native === null || native.readyState === CLOSED) return;
    this.#stats.uncertain(native.bufferedAmount);
    native.onopen = native.onmessage = native.onclose = null;
    if (native.readyState <= OPEN) native.close();
  }

  // ── what the page sees ──

  #enter(state, cause, details = {}) {
    const previous = this.#state;
    if (state === previous && state !== 'waiting') return;
    this.#state = state;
    this.#emit(Object.assign(new Event('statechange'), { state, previous, cause }));
    if (state === 'waiting') {
      const { attempt, delay } = details;
      this.#emit(Object.assign(new Event('retry'), { attempt, delay, cause }));
    }
  }

  #finish({ code, reason, wasClean, cause }) {
    if (this.#state === 'closed') return;
    this.#startTimer(-1);
    this.#abandon();
    this.#engine?.detach();
    this.#engine = null;
    this.#early = [];
    const left = this.#outbox.clear();
    this.#enter('closed', cause ?? describeEnd({ code, reason }));
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

// performance.now() goes on while the page sleeps in most browsers, and never jumps back as the wall clock may.
const now = () => performance.now();

const describeEnd = ({ code, reason }) => `closed with ${code}${reason ? ` ${JSON.stringify(reason)}` : ''}`;

function closeNative(native, { code, reason }) {
  if (code === undefined && reason === undefined) native.close();
  else native.close(code, reason);
}

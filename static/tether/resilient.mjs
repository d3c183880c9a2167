// Resilient mode: one transport over many native WebSockets. The engine (Go, in WASM) decides when to dial, how long to wait,
// which close codes end it and when to give up; this file executes the orders, and carries the messages itself.
//
// The first attempt is made at once, in the constructor, and reported to the engine when that is loaded: so the page
// connects no later than with a native WebSocket.

import { Drops } from './drops.mjs';
import { EngineClient } from './engine-client.mjs';
import { closeEvent, errorEvent, eventWith } from './events.mjs';
import { refuses, Servers } from './failover.mjs';
import { Greeting } from './greeting.mjs';
import { guarded } from './guard.mjs';
import { Heartbeat } from './heartbeat.mjs';
import { followPage } from './hints.mjs';
import { dial, statusOf } from './native-socket.mjs';
import { Outbox } from './outbox.mjs';
import { checkClose, quickSize, sizeOf, toPayload } from './rules.mjs';

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
const readyStates = { connecting: CONNECTING, waiting: CONNECTING, open: OPEN, closing: CLOSING, closed: CLOSED };

const unauthorized = [4401, 3000]; // close codes that stand for HTTP 401
const lost = { code: 1006, reason: '', wasClean: false };
const isPage = globalThis.location !== undefined; // or a worker of one
const patience = 50; // milliseconds that Node has between the events error and close

/** ResilientTransport has the attributes and methods of a WebSocket, and state, queued and reconnect besides. */
export class ResilientTransport {
  #address; // {url, protocols}: values, or functions asked before each attempt
  #servers; // of the setting failover; undefined: there is one server
  #leaving = false; // the page wants another connection: the server is not to blame
  #socketState;
  #stats;
  #emit;
  #receive;
  #settings;
  #implementation; // of WebSocket
  #outbox;
  #drops;
  #engineClient;
  #native = null; // the current socket
  #generation = 0; // its number: events of an older one are not listened to any more
  #handed = 0; // bytes of messages that the current socket was given
  #ended = 0; // the last generation that a close event came from
  #receivedIn = 0; // the last generation that a message came from: only its first message is reported to the engine
  #end = lost; // how the last connection or attempt ended
  #status = 0; // of HTTP, that the last attempt was refused with, where the implementation says it
  #state = 'connecting';
  #url = '';
  #origin = '';
  #binaryType = 'blob';
  #unfollow = () => {};
  #heartbeat = null;
  #greeting = null; // the first words of a connection that is not open to the page yet
  #attempts = 0; // since a connection was last open to the page
  #openedAt = 0;
  #refreshed = false; // the address was asked for once more after a refusal
  #parked = false; // in the back/forward cache: no attempts
  #orphaned = false; // there is no engine: the next end is final
  #failure = null; // the error that ends it, kept for the last event

  /** host is {socketState, emit(event), receive(data, origin)}; implementation, if it is given, is used in place of WebSocket. */
  constructor(url, protocols, settings, { socketState, emit, receive }, implementation) {
    this.#address = { url, protocols };
    if (settings.failover) this.#servers = new Servers(url, settings.failover);
    this.#settings = settings;
    this.#implementation = implementation;
    this.#socketState = socketState;
    this.#stats = socketState.stats;
    this.#emit = emit;
    this.#receive = receive;
    this.#drops = new Drops(emit);
    socketState.note({ state: 'connecting', previous: '', cause: 'constructed' });
    this.#outbox = new Outbox(settings, (payloads) => this.#dropped(payloads, 'the queue is full'));
    this.#engineClient = new EngineClient(settings, {
      perform: (order) => this.#execute(order),
      flow: () => ({ handed: this.#handed, left: Math.max(0, this.#handed - (this.#native?.bufferedAmount ?? 0)) }),
      orphan: (error) => this.#orphan(error),
      delayed: (error) => this.#emit(errorEvent(error, `${error.message}; it is tried again`)),
    });
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
  get queued() { return { messages: this.#outbox.length, bytes: this.#outbox.bytes, roomMessages: this.#settings.queueMessages, roomBytes: this.#settings.queueBytes }; }
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
      if (wasOpen) this.#engineClient.report({ kind: 'close' });
      else this.#engineClient.leave();
      if (this.#greeting) setTimeout(() => this.#finish(lost)); // as for an attempt, which it still is
    } else {
      this.#engineClient.leave();
      setTimeout(() => this.#finish(lost)); // between two connections: as if one had been under way
    }
  }

  /** takeQueued empties the queue and returns the messages that were in it, oldest first: they are the caller's again. */
  takeQueued() { return this.#outbox.clear().map(({ data }) => data); }

  // What the browser adds to its own count is the size of the message. Asking it twice costs more than a small text or a look at
  // byteLength does.
  #hand(data) {
    const known = quickSize(data);
    const before = known >= 0 ? 0 : this.#native.bufferedAmount;
    this.#native.send(data);
    this.#count(known >= 0 ? known : this.#native.bufferedAmount - before);
    this.#socketState.reportSent(data);
  }

  #count(bytes) {
    this.#stats.sent(bytes);
    this.#handed += bytes;
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
      this.#leaving = true;
      this.#engineClient.report({ kind: 'reconnect', reason });
      return;
    }
    this.#orphaned = false;
    this.#failure = null;
    this.#generation = this.#receivedIn = this.#ended = 0;
    this.#enter('connecting', reason);
    this.#begin();
    this.#dial(1, (error) => this.#failed(1, error));
  }

  #begin() {
    this.#engineClient.begin();
    if (this.#settings.hints) this.#unfollow = followPage((hint) => this.#hinted(hint));
  }

  // ── hints ──

  #hinted(hint) {
    this.#socketState.note({ state: this.#state, previous: this.#state, cause: `hint: ${hint}` });
    this.#emit(eventWith('hint', { hint }));
    switch (hint) {
      case 'cached': return this.#park();
      case 'restored': return this.#unpark();
      case 'hidden': case 'frozen': return undefined; // only reported: they prove nothing about the connection
      default: return !this.#parked && this.readyState < CLOSING && this.#engineClient.report({ kind: 'hint', hint }); // the engine knows what follows
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
    this.#engineClient.report({ kind: 'closed', generation, ...lost, opened });
  }

  #unpark() {
    if (!this.#parked) return;
    this.#parked = false;
    this.#engineClient.report({ kind: 'reconnect', reason: 'the page is back' });
  }

  // ── the engine's orders ──

  #execute(order) {
    switch (order.do) {
      case 'dial': return !this.#parked && this.#dial(order.generation, (error) => this.#failed(order.generation, error));
      case 'abandon': return this.#abandon();
      case 'closeConnection': return this.#native?.readyState <= OPEN && closeNative(this.#native, order);
      case 'state': return this.#follow(order);
      case 'retry': return this.#emit(eventWith('retry', { attempt: order.attempt, delay: order.delay, cause: order.cause, rule: order.reason }));
      case 'ping': return this.#ping(order.id);
      case 'pong': return this.#emit(eventWith('pong', { roundTrip: order.delay }));
      case 'finish': return this.#finish({ ...this.#end, cause: order.cause, error: order.cause && new Error(order.cause) });
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
      const ping = this.#heartbeat.ask(nonce);
      this.#native?.send(ping);
      this.#handed += sizeOf(ping);
    } catch (error) {
      this.#emit(errorEvent(error, `tether: heartbeat: ${error.message}`));
    }
  }

  #abandon() {
    const wasOpen = this.#state === 'open';
    if (!this.#leaving) this.#servers?.failed(false);
    this.#release();
    if (wasOpen) this.#disconnected(lost, 'given up by this side');
  }

  // Without an engine there are no retries. What is connected stays so; its end is then final.
  #orphan(error) {
    if (this.#state === 'closed') return;
    this.#orphaned = true;
    this.#failure ??= error;
    if (this.#native === null || this.#native.readyState === CLOSED) this.#finish(this.#end);
    else this.#emit(errorEvent(error));
  }

  // ── connections ──

  // dial makes attempt number generation. The first is made before the engine asks for it, and not made again then.
  #dial(generation, onError) {
    if (generation <= this.#generation) return;
    this.#generation = generation;
    this.#stats.attempt();
    this.#attempts++;
    this.#leaving = false;
    const { protocols } = this.#address;
    const url = this.#servers ? this.#servers.next() : this.#address.url;
    if (typeof url === 'function' || typeof protocols === 'function') {
      this.#ask(generation, url, protocols).catch((error) => this.#failed(generation, error));
      return;
    }
    try {
      this.#connect(generation, url, protocols);
    } catch (error) {
      onError(error);
    }
  }

  async #ask(generation, givenURL, givenProtocols) {
    const answer = (value) => (typeof value === 'function' ? value() : value);
    const [url, protocols] = await Promise.all([answer(givenURL), answer(givenProtocols)]);
    if (generation === this.#generation && this.#state === 'connecting') this.#connect(generation, url, protocols);
  }

  #connect(generation, url, protocols) {
    const native = dial(url, protocols, this.#implementation);
    const current = (handle) => (event) => { if (this.#native === native) handle(event); };
    native.binaryType = this.#binaryType;
    native.onopen = current(() => this.#opened(generation));
    native.onmessage = current((event) => this.#received(generation, event));
    native.onerror = current((event) => {
      this.#status = statusOf(event);
      setTimeout(current(() => this.#neverClosed(native, generation)), isPage ? 0 : patience);
    });
    native.onclose = current((event) => this.#closed(generation, event));
    this.#native = native;
    this.#handed = this.#status = 0;
    this.#url = native.url;
    this.#origin = new URL(native.url).origin; // of every message: events compute theirs each time
  }

  // An error without a close event. In a page that is an address that the Content-Security-Policy forbids; in Node, an attempt that
  // has failed.
  #neverClosed(native, generation) {
    if (this.#ended === generation) return;
    if (!isPage && native.readyState !== OPEN) this.#closed(generation, lost);
    else if (isPage && native.readyState === CLOSED) this.#failed(generation, new DOMException(`tether: ${native.url} is forbidden by the Content-Security-Policy (connect-src)`, 'SecurityError'));
  }

  #opened(generation) {
    if (this.#state === 'closing') return;
    this.#end = lost;
    if (this.#settings.hello) this.#greet(generation);
    else this.#established(generation);
  }

  // Until the first words are said the attempt is not over: the connect timeout of the engine bounds them.
  #greet(generation) {
    const native = this.#native;
    const { codec } = this.#socketState;
    const greeting = new Greeting({
      send: (value) => this.#hand(codec ? codec.encode(value) : value),
      decode: (data) => (codec ? codec.decode(data) : data),
    }, this.#settings);
    this.#greeting = greeting;
    const current = (then) => (value) => { if (this.#greeting === greeting && native.readyState === OPEN && this.#state === 'connecting') then(value); };
    greeting.run(this.#settings.hello, { attempt: this.#attempts, url: native.url, protocol: native.protocol }).then(current(() => {
      this.#greeting = null;
      this.#established(generation);
      for (const event of greeting.over()) if (this.#native === native && this.#state === 'open') this.#received(generation, event);
    }), current((error) => this.#unwelcome(generation, error)));
  }

  #unwelcome(generation, error) {
    this.#release();
    this.#failed(generation, error, error?.permanent === true);
  }

  #established(generation) {
    this.#attempts = 0;
    this.#servers?.opened();
    this.#openedAt = performance.now();
    this.#heartbeat?.opened();
    this.#enter('open', '');
    this.#engineClient.report({ kind: 'opened', generation });
    this.#flush();
    if (this.#state === 'open') this.#emit(new Event('open'));
  }

  #flush() {
    const native = this.#native;
    this.#outbox.flush(({ data, bytes }) => {
      if (native.readyState !== OPEN) return false;
      native.send(data);
      this.#count(bytes);
      this.#socketState.reportSent(data);
      return true;
    });
  }

  #received(generation, event) {
    if (this.#greeting) {
      const message = { data: event.data, timeStamp: event.timeStamp };
      if (!this.#greeting.take(message, sizeOf(event.data))) this.#unwelcome(generation, new Error('tether: hello: more messages arrived than the queue has room for'));
      return;
    }
    if (this.#heartbeat !== null) {
      const sign = this.#heartbeat.classify(event.data, event.timeStamp ?? performance.now());
      if (sign !== null) this.#engineClient.report({ kind: 'received', generation, ...sign });
      if (sign?.answer === 'pong' || sign?.answer === 'echo') return;
    } else if (this.#receivedIn !== generation) {
      this.#receivedIn = generation;
      this.#engineClient.report({ kind: 'received', generation, answer: 'none', nonce: 0 });
    }
    this.#receive(event.data, this.#origin);
  }

  #closed(generation, { code, reason, wasClean }) {
    const opened = this.#state === 'open';
    this.#ended = generation;
    this.#end = { code, reason, wasClean };
    this.#leaveGreeting();
    this.#stats.uncertain(this.#native.bufferedAmount ?? 0);
    if (this.#state === 'closing' || this.#orphaned) return this.#finish(this.#end);
    if (opened) this.#disconnected(this.#end, describeEnd(this.#end));
    if (this.readyState < CLOSING) this.#engineClient.report({ kind: 'closed', generation, ...this.#end, ...this.#verdict(opened) });
  }

  // What is known of the end beside the close event.
  #verdict(opened) {
    const status = this.#status;
    const wish = this.#wish(opened);
    return { opened, wish, status, ...this.#servers?.failed(!opened && wish === '' && refuses(status)) };
  }

  // What the page says about an end goes before the table of close codes.
  #wish(opened) {
    const { shouldReconnect } = this.#settings;
    const { code, reason, wasClean } = this.#end;
    const answer = shouldReconnect && guarded(() => shouldReconnect(code, reason, wasClean));
    if (typeof answer === 'boolean') return answer ? 'retry' : 'stop';
    const refused = unauthorized.includes(code) || this.#status === 401;
    return refused && this.#mayRefresh(opened) ? 'refresh' : '';
  }

  // A refusal is no end yet where the page can be asked for another token: in the address, or in the first words. A second one in a row is.
  #mayRefresh(opened) {
    const { url, protocols } = this.#address;
    const { hello, failover } = this.#settings;
    if (![url, protocols, hello, ...(failover ?? [])].some((given) => typeof given === 'function')) return false;
    const refused = this.#refreshed && !(opened && performance.now() - this.#openedAt >= this.#settings.minUptime);
    this.#refreshed = true;
    return !refused;
  }

  #leaveGreeting() {
    this.#greeting?.end(new DOMException('tether: hello: the connection has ended', 'AbortError'));
    this.#greeting = null;
  }

  #disconnected(end, cause) {
    this.#enter('connecting', cause);
    this.#emit(eventWith('disconnect', end));
  }

  // failed: the address could not be had, or the browser refuses it. The latter will not change by waiting.
  #failed(generation, error, permanent = error?.permanent === true || error?.name === 'SyntaxError' || error?.name === 'SecurityError') {
    if (generation !== this.#generation || this.readyState >= CLOSING) return undefined;
    const message = String(error?.message ?? error);
    this.#end = lost;
    if (this.#orphaned) return this.#finish({ ...lost, error });
    if (permanent) this.#failure = error; // the end of the socket says it
    else this.#emit(errorEvent(error));
    return this.#engineClient.report({ kind: 'failed', generation, reason: message, permanent });
  }

  // release drops the current socket: its events are ignored from now on.
  #release() {
    const native = this.#native;
    this.#leaveGreeting();
    this.#native = null;
    if (native === null || native.readyState === CLOSED) return;
    this.#stats.uncertain(native.bufferedAmount ?? 0);
    native.onopen = native.onmessage = native.onerror = native.onclose = null;
    if (native.readyState <= OPEN) native.close();
  }

  // ── what the page sees ──

  #enter(state, cause) {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    this.#socketState.note({ state, previous, cause });
    this.#emit(eventWith('statechange', { state, previous, cause }));
  }

  #finish({ code, reason, wasClean, cause, error }) {
    if (this.#state === 'closed') return;
    const why = this.#failure ?? error;
    this.#engineClient.leave();
    this.#unfollow();
    this.#parked = false;
    this.#release();
    const left = this.#outbox.clear();
    this.#enter('closed', cause || describeEnd({ code, reason }));
    if (left.length > 0) this.#dropped(left, 'the socket closed before they could be sent');
    this.#drops.flush();
    if (!wasClean) this.#emit(why ? errorEvent(why) : new Event('error'));
    this.#emit(closeEvent({ code, reason, wasClean }));
  }

  #dropped(payloads, cause) {
    this.#stats.dropped(payloads.length);
    this.#drops.add(payloads, cause);
  }
}

const describeEnd = ({ code, reason }) => `connection closed: ${code}${reason ? ` ${JSON.stringify(reason)}` : ''}`;

function closeNative(native, { code, reason }) {
  if (code === undefined && reason === undefined) native.close();
  else native.close(code, reason);
}

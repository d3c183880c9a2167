// TetherSocket: the WebSocket interface, and what goes beyond it.
//
// A plain TetherSocket is a native WebSocket: the browser's own object, whose prototype is ours. Nothing of it needs to be
// imitated, its events are the browser's, and a message costs what it costs natively. With a codec, and when resilient or
// shared, it is an EventTarget in front of a link, which has the attributes and methods of a WebSocket.

import { Core, coreOf, stamp } from './core.mjs';
import { shapeLikeWebSocket } from './faithful.mjs';
import { openGate } from './gate.mjs';
import { iterate } from './iterate.mjs';
import { newLink } from './link.mjs';
import { Native } from './native.mjs';
import { readOptions } from './options.mjs';
import { openRequests } from './requests.mjs';
import { readableOf, writableOf } from './streams.mjs';
import { introduce } from './tell.mjs';

const states = ['connecting', 'open', 'closing', 'closed'];
const types = ['open', 'message', 'error', 'close', 'statechange', 'disconnect', 'retry', 'pong', 'drop', 'decodeerror', 'hint'];
const dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');
const asyncDispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');
const listen = EventTarget.prototype.addEventListener; // a page may override its own

/** TetherSocket is a WebSocket; see tether.d.ts for what each member does. */
export class TetherSocket extends Native {
  constructor(url, protocols, options) {
    const settings = readOptions(options);
    if (arguments.length > 0 && settings.linked) return linked(new.target, url, protocols, settings);
    super(...(arguments.length === 0 ? [] : [url, protocols]));
    const core = watch(this, new Core());
    stamp(this, core);
    introduce(this, core);
  }

  send(data) {
    const core = coreOf(this);
    if (core.link) return sendLinked(core, arguments);
    if (!core.counting) return super.send(...arguments);
    // What the browser adds to its own count is the size of the message, so that nobody need measure it again.
    const before = super.bufferedAmount;
    super.send(...arguments);
    if (super.readyState !== Native.OPEN) return undefined;
    core.stats.sent(super.bufferedAmount - before);
    core.tell?.message(0, typeof data === 'object' ? data : String(data));
    return undefined;
  }

  close(...args) {
    const { link } = coreOf(this);
    if (link) link.close(...args);
    else super.close(...args);
  }

  get state() { return coreOf(this).link?.state ?? states[this.readyState]; }

  sendAsync(data, options) { return extra(this, 'gate', openGate).send(data, options); }

  request(type, body, options) { return extra(this, 'requests', openRequests).ask(type, body, options); }

  reconnect(reason = 'asked by the page') {
    const { link } = coreOf(this);
    if (!link?.reconnect) {
      throw new DOMException('tether: reconnect needs a resilient socket: new TetherSocket(url, protocols, {resilient: true})', 'InvalidStateError');
    }
    link.reconnect(String(reason));
  }

  terminate() {
    const { link } = coreOf(this);
    if (link?.terminate) link.terminate();
    else this.close();
  }

  on(type, listener, options = {}) {
    if (typeof listener !== 'function') throw new TypeError(`tether: on("${type}"): the listener must be a function`);
    if (options.signal?.aborted) return () => {};
    if (type === '*') return onAny(this, listener, options);
    this.addEventListener(type, listener, options);
    return () => this.removeEventListener(type, listener);
  }

  once(type, listener, options = {}) { return this.on(type, listener, { ...options, once: true }); }

  off(type, listener) {
    if (type !== '*') return this.removeEventListener(type, listener);
    for (const cancel of coreOf(this).extras.any?.get(listener) ?? []) cancel();
  }

  get readable() { return extra(this, 'readable', readableOf); }

  get writable() { return extra(this, 'writable', writableOf); }

  stats() {
    const core = coreOf(this);
    if (!core.link && !core.counting) countMessages(this, core);
    return core.stats.read(core.link ?? this);
  }

  explain() { return coreOf(this).explain(); }

  [Symbol.asyncIterator]() { return iterate(this); }

  [dispose]() { this.close(1000); }

  async [asyncDispose]() {
    if (this.readyState === Native.CLOSED) return;
    const closed = new Promise((resolve) => { this.addEventListener('close', resolve, { once: true }); });
    this.close(1000);
    await closed;
  }
}

shapeLikeWebSocket(TetherSocket);

// extra returns what a socket makes when it is first asked for.
function extra(socket, name, make) { return coreOf(socket).extras[name] ??= make(socket); }

// watch follows the life of a native socket. The listeners are the first ones: what the page reads in its own is up to date.
function watch(socket, core) {
  const { stats } = core;
  core.note({ state: 'connecting', previous: '', cause: 'constructed' });
  const became = (state, previous, cause) => core.note({ state, previous, cause });
  listen.call(socket, 'open', () => { stats.opened(); became('open', 'connecting', 'the peer agreed'); });
  listen.call(socket, 'close', ({ code, reason, wasClean }) => {
    became('closed', stats.hasOpened() ? 'open' : 'connecting', `closed with ${code} ${JSON.stringify(reason)}, ${wasClean ? 'clean' : 'not clean'}`);
  });
  return core;
}

// countMessages is for who asks for it: one more listener, and two looks at bufferedAmount, are what a small message would
// feel most.
function countMessages(socket, core) {
  core.counting = true;
  listen.call(socket, 'message', ({ data }) => core.stats.receivedMessage(data));
}

function linked(target, url, protocols, settings) {
  const socket = Reflect.construct(EventTarget, [], target);
  const core = new Core();
  core.codec = settings.codec;
  stamp(socket, core);
  const emit = (event) => {
    if (event.type === 'open') core.stats.opened();
    socket.dispatchEvent(event);
  };
  const receive = (data, origin) => receiveLinked(core, data, origin, emit);
  core.link = newLink(url, protocols, settings, { core, emit, receive });
  if (settings.codec) core.link.binaryType = 'arraybuffer';
  introduce(socket, core);
  return socket;
}

function sendLinked(core, args) {
  const { link, codec, stats } = core;
  if (args.length === 0) {
    throw new TypeError("Failed to execute 'send' on 'TetherSocket': 1 argument required, but only 0 present.");
  }
  const message = codec ? codec.encode(args[0]) : args[0];
  if (link.state) { // it counts itself
    link.send(message);
    if (link.kind === undefined) core.tell?.message(0, message); // shared: another context hands it over
    return undefined;
  }
  const before = link.bufferedAmount;
  link.send(message);
  if (link.readyState !== Native.OPEN) return undefined;
  stats.sent(link.bufferedAmount - before);
  core.tell?.message(0, message);
  return undefined;
}

function receiveLinked(core, data, origin, emit) {
  const { codec, stats } = core;
  core.tell?.message(1, data);
  stats.receivedMessage(data);
  let value = data;
  try {
    if (codec) value = codec.decode(data);
  } catch (error) {
    stats.undecoded();
    return emit(Object.assign(new ErrorEvent('decodeerror', { message: error.message, error }), { data }));
  }
  return emit(new MessageEvent('message', { data: value, origin }));
}

// onAny adds one listener for every type. off("*") finds it by the function that the page gave.
function onAny(socket, listener, { once = false, signal }) {
  const any = coreOf(socket).extras.any ??= new Map();
  const hear = (event) => {
    if (once) cancel();
    return listener.call(socket, event);
  };
  const cancel = () => {
    for (const type of types) socket.removeEventListener(type, hear);
    const left = any.get(listener)?.filter((other) => other !== cancel) ?? [];
    if (left.length > 0) any.set(listener, left);
    else any.delete(listener);
    signal?.removeEventListener('abort', cancel);
  };
  any.set(listener, [...(any.get(listener) ?? []), cancel]);
  for (const type of types) socket.addEventListener(type, hear);
  signal?.addEventListener('abort', cancel, { once: true });
  return cancel;
}

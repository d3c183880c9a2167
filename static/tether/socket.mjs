// TetherSocket: the WebSocket interface, and what goes beyond it.
//
// A plain TetherSocket is a native WebSocket: the browser's own object, whose prototype is ours. Nothing of it needs to be
// imitated, its events are the browser's, and a message costs what it costs natively. With a codec, and when resilient or
// shared, it is an EventTarget in front of a transport, which has the attributes and methods of a WebSocket.

import { errorEvent } from './events.mjs';
import { SocketState, stateOf, stamp } from './state.mjs';
import { shapeLikeWebSocket } from './websocket-shape.mjs';
import { openSendQueue } from './send-queue.mjs';
import { iterate } from './iterate.mjs';
import { newTransport } from './transport.mjs';
import { NativeSocket } from './native-socket.mjs';
import { readOptions } from './options.mjs';
import { openRequests } from './requests.mjs';
import { readableOf, writableOf } from './streams.mjs';
import { inspect } from './inspect.mjs';

const states = ['connecting', 'open', 'closing', 'closed'];
const types = ['open', 'message', 'error', 'close', 'statechange', 'disconnect', 'retry', 'pong', 'drop', 'decodeerror', 'hint'];
const dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');
const asyncDispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');
const listen = EventTarget.prototype.addEventListener; // a page may override its own

/** TetherSocket is a WebSocket; see tether.d.ts for what each member does. */
export class TetherSocket extends NativeSocket {
  constructor(url, protocols, options) {
    const settings = readOptions(options);
    if (arguments.length > 0 && settings.linked) return linked(new.target, url, protocols, settings);
    super(...(arguments.length === 0 ? [] : [url, protocols]));
    const socketState = watch(this, new SocketState());
    stamp(this, socketState);
    inspect(this, socketState);
  }

  send(data) {
    const socketState = stateOf(this);
    if (socketState.transport) return sendOverTransport(socketState, arguments);
    if (!socketState.counting && socketState.inspector === null) return super.send(...arguments);
    // What the browser adds to its own count is the size of the message, so that it need not be measured again.
    const before = super.bufferedAmount;
    super.send(...arguments);
    if (super.readyState !== NativeSocket.OPEN) return undefined;
    if (socketState.counting) socketState.stats.sent(super.bufferedAmount - before);
    socketState.reportSent(data);
    return undefined;
  }

  close(...args) {
    const { transport } = stateOf(this);
    if (transport) transport.close(...args);
    else super.close(...args);
  }

  get state() { return stateOf(this).transport?.state ?? states[this.readyState]; }

  sendAsync(data, options) { return extra(this, 'sendQueue', openSendQueue).send(data, options); }

  request(type, body, options) { return extra(this, 'requests', openRequests).ask(type, body, options); }

  reconnect(reason = 'asked by the page') {
    const { transport } = stateOf(this);
    if (!transport?.reconnect) {
      throw new DOMException('tether: reconnect needs a resilient socket: new TetherSocket(url, protocols, {resilient: true})', 'InvalidStateError');
    }
    transport.reconnect(String(reason));
  }

  takeQueued() {
    const { transport } = stateOf(this);
    if (transport?.takeQueued) return transport.takeQueued();
    throw new DOMException('tether: takeQueued needs a resilient socket that is not shared', 'InvalidStateError');
  }

  terminate() {
    const { transport } = stateOf(this);
    if (transport?.terminate) transport.terminate();
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
    for (const cancel of stateOf(this).extras.any?.get(listener) ?? []) cancel();
  }

  get readable() { return extra(this, 'readable', readableOf); }

  get writable() { return extra(this, 'writable', writableOf); }

  stats() {
    const socketState = stateOf(this);
    if (!socketState.transport && !socketState.counting) countMessages(this, socketState);
    return socketState.stats.read(socketState.transport ?? this);
  }

  explain() { return stateOf(this).explain(); }

  [Symbol.asyncIterator]() { return iterate(this); }

  [dispose]() { this.close(1000); }

  async [asyncDispose]() {
    if (this.readyState === NativeSocket.CLOSED) return;
    const closed = new Promise((resolve) => { this.addEventListener('close', resolve, { once: true }); });
    this.close(1000);
    await closed;
  }
}

shapeLikeWebSocket(TetherSocket);

// extra returns what a socket makes when it is first asked for.
function extra(socket, name, make) { return stateOf(socket).extras[name] ??= make(socket); }

// watch follows the life of a native socket. The listeners are the first ones: what the page reads in its own is up to date.
function watch(socket, socketState) {
  const { stats } = socketState;
  socketState.note({ state: 'connecting', previous: '', cause: 'constructed' });
  const became = (state, previous, cause) => socketState.note({ state, previous, cause });
  listen.call(socket, 'open', () => { stats.opened(); became('open', 'connecting', 'the peer agreed'); });
  listen.call(socket, 'close', ({ code, reason, wasClean }) => {
    became('closed', stats.hasOpened() ? 'open' : 'connecting', `closed with ${code} ${JSON.stringify(reason)}, ${wasClean ? 'clean' : 'not clean'}`);
  });
  return socketState;
}

// countMessages is for who asks for it: one more listener, and two looks at bufferedAmount, are what a small message would
// feel most.
function countMessages(socket, socketState) {
  socketState.counting = true;
  listen.call(socket, 'message', ({ data }) => socketState.stats.receivedMessage(data));
}

function linked(target, url, protocols, settings) {
  const socket = Reflect.construct(EventTarget, [], target);
  const socketState = new SocketState();
  socketState.codec = settings.codec;
  stamp(socket, socketState);
  const emit = (event) => {
    if (event.type === 'open') socketState.stats.opened();
    socket.dispatchEvent(event);
  };
  const receive = (data, origin) => receiveLinked(socketState, data, origin, emit);
  socketState.transport = newTransport(url, protocols, settings, { socketState, emit, receive });
  if (settings.codec) socketState.transport.binaryType = 'arraybuffer';
  inspect(socket, socketState);
  return socket;
}

function sendOverTransport(socketState, args) {
  const { transport, codec, stats } = socketState;
  if (args.length === 0) {
    throw new TypeError("Failed to execute 'send' on 'TetherSocket': 1 argument required, but only 0 present.");
  }
  const message = codec ? codec.encode(args[0]) : args[0];
  if (transport.state) { // it counts itself
    transport.send(message);
    if (transport.kind === undefined) socketState.reportSent(message); // shared: another context hands it over
    return undefined;
  }
  const before = transport.bufferedAmount;
  transport.send(message);
  if (transport.readyState !== NativeSocket.OPEN) return undefined;
  stats.sent(transport.bufferedAmount - before);
  socketState.reportSent(message);
  return undefined;
}

function receiveLinked(socketState, data, origin, emit) {
  const { codec, stats } = socketState;
  socketState.inspector?.message(1, data);
  stats.receivedMessage(data);
  let value = data;
  try {
    if (codec) value = codec.decode(data);
  } catch (error) {
    stats.undecoded();
    return emit(Object.assign(errorEvent(error, error.message, 'decodeerror'), { data }));
  }
  return emit(new MessageEvent('message', { data: value, origin }));
}

// onAny adds one listener for every type. off("*") finds it by the function that the page gave.
function onAny(socket, listener, { once = false, signal }) {
  const any = stateOf(socket).extras.any ??= new Map();
  const onEvent = (event) => {
    if (once) cancel();
    return listener.call(socket, event);
  };
  const cancel = () => {
    for (const type of types) socket.removeEventListener(type, onEvent);
    const left = any.get(listener)?.filter((other) => other !== cancel) ?? [];
    if (left.length > 0) any.set(listener, left);
    else any.delete(listener);
    signal?.removeEventListener('abort', cancel);
  };
  any.set(listener, [...(any.get(listener) ?? []), cancel]);
  for (const type of types) socket.addEventListener(type, onEvent);
  signal?.addEventListener('abort', cancel, { once: true });
  return cancel;
}

// Gives TetherSocket the shape that Web IDL gives WebSocket: attributes and methods on the prototype, enumerable, each
// refusing a wrong receiver; constants on the class and on the prototype.

import { stateOf } from './state.mjs';
import { handler, setHandler } from './handlers.mjs';
import { NativeSocket } from './native-socket.mjs';

const attributes = ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol', 'binaryType'];
const handlers = ['open', 'error', 'close', 'message'];
const constants = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };

// native returns the browser's own getter, setter or method; for an environment without WebSocket, undefined.
const native = (name) => Object.getOwnPropertyDescriptor(NativeSocket.prototype, name) ?? {};

/** shapeLikeWebSocket defines the members that a transport answers in place of the browser. */
export function shapeLikeWebSocket(target) {
  for (const name of attributes) attribute(target.prototype, name, (transport) => transport[name], setter(name));
  for (const type of handlers) {
    attribute(target.prototype, `on${type}`, (transport, socket) => handler(socket, type), (transport, socket, value) => setHandler(socket, type, value));
  }
  for (const [name, value] of Object.entries(constants)) {
    for (const owner of [target, target.prototype]) Object.defineProperty(owner, name, { value, enumerable: true });
  }
  for (const name of ['send', 'close']) Object.defineProperty(target.prototype, name, { enumerable: true });
  Object.defineProperty(target.prototype.close, 'length', { value: 0 });
  Object.defineProperty(target, 'length', { value: 1 });
}

function setter(name) {
  if (name !== 'binaryType') return undefined;
  return (transport, socket, value) => {
    if (stateOf(socket).codec === null) transport.binaryType = value; // a codec reads ArrayBuffers, whatever the page would like
  };
}

// The accessors are written as methods, which, like the browser's, cannot be constructed and have the right names.
function attribute(prototype, name, get, set) {
  const own = native(name);
  const accessors = {
    get [name]() {
      const { transport } = stateOf(this);
      return transport ? get(transport, this) : own.get.call(this);
    },
    set [name](value) {
      const { transport } = stateOf(this);
      if (transport) set(transport, this, value);
      else own.set.call(this, value);
    },
  };
  const made = Object.getOwnPropertyDescriptor(accessors, name);
  Object.defineProperty(prototype, name, { get: made.get, set: set && made.set, enumerable: true, configurable: true });
}

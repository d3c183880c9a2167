// Gives TetherSocket the shape that Web IDL gives WebSocket: attributes and methods on the prototype, enumerable, each
// refusing a wrong receiver; constants on the class and on the prototype.

import { coreOf } from './core.mjs';
import { handler, setHandler } from './handlers.mjs';
import { Native } from './native.mjs';

const attributes = ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol', 'binaryType'];
const handlers = ['open', 'error', 'close', 'message'];
const constants = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };

// native returns the browser's own getter, setter or method; for an environment without WebSocket, undefined.
const native = (name) => Object.getOwnPropertyDescriptor(Native.prototype, name) ?? {};

/** shapeLikeWebSocket defines the members that a link answers in place of the browser. */
export function shapeLikeWebSocket(target) {
  for (const name of attributes) attribute(target.prototype, name, (link) => link[name], setter(name));
  for (const type of handlers) {
    attribute(target.prototype, `on${type}`, (link, socket) => handler(socket, type), (link, socket, value) => setHandler(socket, type, value));
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
  return (link, socket, value) => {
    if (coreOf(socket).codec === null) link.binaryType = value; // a codec reads ArrayBuffers, whatever the page would like
  };
}

// The accessors are written as methods, which, like the browser's, cannot be constructed and have the right names.
function attribute(prototype, name, get, set) {
  const own = native(name);
  const accessors = {
    get [name]() {
      const { link } = coreOf(this);
      return link ? get(link, this) : own.get.call(this);
    },
    set [name](value) {
      const { link } = coreOf(this);
      if (link) set(link, this, value);
      else own.set.call(this, value);
    },
  };
  const made = Object.getOwnPropertyDescriptor(accessors, name);
  Object.defineProperty(prototype, name, { get: made.get, set: set && made.set, enumerable: true, configurable: true });
}

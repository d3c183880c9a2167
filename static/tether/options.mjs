// Reads and checks the third argument of the TetherSocket constructor.

import { findCodec } from './codec.mjs';
import { readResilience } from './resilience.mjs';

const plain = { codec: null, resilient: null, shared: null, implementation: undefined, linked: false };

/**
 * readOptions returns {codec, resilient, shared, implementation, linked, given}: resilient is null, or complete settings; shared is
 * null, or {name, via}; implementation is a class in place of WebSocket, or undefined; linked says that the socket cannot be a native WebSocket itself; given is what the page gave as resilient.
 * What is no object is ignored, as WebSocket ignores a third argument. It throws TypeError or RangeError.
 */
export function readOptions(options) {
  if (typeof options !== 'object' || options === null) return plain;
  const codec = findCodec(options.codec);
  const shared = readShared(options.shared);
  const given = shared ? options.resilient ?? true : options.resilient; // a shared socket always comes back
  const resilient = readResilience(given);
  const implementation = readImplementation(options.WebSocket);
  if (shared) checkShared(resilient, implementation);
  return { codec, resilient, shared, implementation, given, linked: codec !== null || resilient !== null || implementation !== undefined };
}

function readShared(value) {
  if (value === undefined || value === null || value === false) return null;
  if (value === true) return { name: '' };
  if (typeof value === 'string') return { name: value };
  if (typeof value !== 'object') throw new TypeError(`tether: shared must be true, a name or an object, not a ${typeof value}`);
  const { name = '', via = 'any' } = value;
  if (!['any', 'worker', 'locks'].includes(via)) throw new TypeError(`tether: shared.via must be one of any, worker, locks, not ${String(via)}`);
  return { name: String(name), via };
}

function readImplementation(value) {
  if (value === undefined || typeof value === 'function') return value;
  throw new TypeError(`tether: WebSocket must be a class with the interface of WebSocket, not a ${typeof value}`);
}

// Another context has the connection of a shared socket: no function of this one can be called there. A hello is asked for its words.
function checkShared(resilient, implementation) {
  if (!resilient) throw new TypeError('tether: a shared socket is always resilient');
  const { heartbeat, overflow } = resilient;
  if (typeof heartbeat?.ping === 'function' || typeof heartbeat?.pong === 'function') {
    throw new TypeError('tether: a shared socket has resilient.heartbeat.ping and pong as texts only: another context sends them');
  }
  if (implementation) throw new TypeError('tether: a shared socket has no WebSocket of its own: another context connects');
  if (resilient.failover?.some((address) => typeof address === 'function')) throw new TypeError('tether: a shared socket has resilient.failover as texts only: a function cannot be asked by another context');
  if (resilient.shouldReconnect) throw new TypeError('tether: a shared socket has no resilient.shouldReconnect: another context has the connection');
  if (overflow !== 'reject') throw new TypeError("tether: a shared socket has resilient.overflow 'reject' only");
}

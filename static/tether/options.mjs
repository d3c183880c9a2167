// Reads and checks the third argument of the TetherSocket constructor.

import { findCodec } from './codec.mjs';

// The settings of a resilient socket. Times in milliseconds. 0 leaves the number to the engine, which decides by it.
const defaults = {
  minDelay: 0, // upper end of the draw for the first wait
  maxDelay: 0, // upper end of the draw for the longest wait
  factor: 0, // how the upper end grows per attempt
  minUptime: 0, // a connection that lived shorter, and brought no message, does not reset the attempt counter
  connectTimeout: 0, // an attempt that takes longer is given up
  closeTimeout: 0, // a closing handshake that takes longer is given up
  maxAttempts: 0, // in a row; 0: no end
  queueMessages: 1_000, // kept while there is no connection
  queueBytes: 1 << 20,
};

const defaultBeat = 25_000; // milliseconds: keeps most proxies from cutting an idle connection

const overflows = ['reject', 'drop-oldest', 'drop-newest'];

const plain = { codec: null, resilient: null, shared: null, linked: false };

/**
 * readOptions returns {codec, resilient, shared, linked, given}: resilient is null, or complete settings; shared is null, or
 * {name, via}; linked tells that the socket cannot be a native WebSocket itself; given is what the page gave as resilient.
 * It throws TypeError or RangeError.
 */
export function readOptions(options) {
  if (options === undefined || options === null) return plain;
  if (typeof options !== 'object') throw new TypeError(`tether: options must be an object, not a ${typeof options}`);
  const codec = findCodec(options.codec);
  const shared = readShared(options.shared);
  const given = shared ? options.resilient ?? true : options.resilient; // a shared socket always comes back
  const resilient = readResilient(given);
  if (shared && !resilient) throw new TypeError('tether: a shared socket is always resilient');
  if (shared && [resilient.heartbeat?.ping, resilient.heartbeat?.pong].some((f) => typeof f === 'function')) {
    throw new TypeError('tether: a shared socket has resilient.heartbeat.ping and pong as texts only: another context sends them');
  }
  if (shared && resilient.overflow !== 'reject') throw new TypeError("tether: a shared socket has resilient.overflow 'reject' only");
  return { codec, resilient, shared, given, linked: codec !== null || resilient !== null };
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

function readResilient(value) {
  if (value === undefined || value === null || value === false) return null;
  if (value !== true && typeof value !== 'object') {
    throw new TypeError(`tether: resilient must be true, false or an object, not a ${typeof value}`);
  }
  const given = value === true ? {} : value;
  const settings = { ...defaults, overflow: 'reject', hints: true, heartbeat: null };
  for (const [name, setting] of Object.entries(given)) {
    if (name === 'overflow') settings.overflow = oneOf(name, setting, overflows);
    else if (name === 'hints') settings.hints = boolean(name, setting);
    else if (name === 'heartbeat') settings.heartbeat = readHeartbeat(setting);
    else if (name in defaults) settings[name] = number(name, setting);
    else throw new TypeError(`tether: resilient has no setting "${name}"; it has ${[...Object.keys(defaults), 'overflow', 'hints', 'heartbeat'].join(', ')}`);
  }
  if (settings.factor !== 0 && !(settings.factor >= 1 && settings.factor <= 100)) {
    throw new RangeError(`tether: resilient.factor must be between 1 and 100, not ${settings.factor}`);
  }
  if (settings.maxDelay !== 0 && settings.maxDelay < settings.minDelay) throw new RangeError('tether: resilient.maxDelay must not be less than minDelay');
  return settings;
}

// interval 0 would be no heartbeat; timeout 0 leaves it to the engine.
function readHeartbeat(value) {
  if (value === undefined || value === null || value === false) return null;
  if (value !== true && typeof value !== 'object') throw new TypeError(`tether: resilient.heartbeat must be true, false or an object, not a ${typeof value}`);
  const settings = { interval: defaultBeat, timeout: 0, ping: undefined, pong: undefined };
  for (const [name, setting] of Object.entries(value)) {
    if (setting === undefined) continue;
    if (name === 'interval' || name === 'timeout') settings[name] = number(`heartbeat.${name}`, setting);
    else if (name === 'ping' || name === 'pong') settings[name] = textOrFunction(`heartbeat.${name}`, setting);
    else throw new TypeError(`tether: resilient.heartbeat has no setting "${name}"; it has interval, timeout, ping, pong`);
  }
  if (settings.interval === 0) throw new RangeError('tether: resilient.heartbeat.interval must be more than 0');
  if ((settings.ping === undefined) !== (settings.pong === undefined)) throw new TypeError('tether: resilient.heartbeat.ping and pong belong together: set both or neither');
  return settings;
}

function textOrFunction(name, value) {
  if (typeof value === 'function' || typeof value === 'string') return value;
  throw new TypeError(`tether: resilient.${name} must be a text or a function, not a ${typeof value}`);
}

function number(name, value) {
  if (typeof value !== 'number') throw new TypeError(`tether: resilient.${name} must be a number, not a ${typeof value}`);
  if (!(value >= 0 && value <= 2 ** 31 - 1)) throw new RangeError(`tether: resilient.${name} must be between 0 and 2147483647, not ${value}`);
  return value;
}

function boolean(name, value) {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`tether: resilient.${name} must be true or false, not a ${typeof value}`);
}

function oneOf(name, value, allowed) {
  if (allowed.includes(value)) return value;
  throw new TypeError(`tether: resilient.${name} must be one of ${allowed.join(', ')}, not ${String(value)}`);
}

// The settings of a resilient socket: the one place that checks them and fills in what is missing. The engine gets complete
// numbers and has nothing to refuse (wasm/module/options_test.go compares the defaults with the engine's).

import { checkAddress } from './address.mjs';

// Times in milliseconds. Of these settings 0 means the default.
const times = { minDelay: 1000, maxDelay: 30_000, minUptime: 5000, connectTimeout: 15_000, closeTimeout: 5000 };
const counts = { maxAttempts: 0, queueMessages: 1000, queueBytes: 1 << 20 };
// Most proxies do not cut a connection that is idle for 25 s; transfer is what 16 MiB take at 128 KiB/s, as in the Go client.
const beat = { interval: 25_000, timeout: 10_000, transfer: 128_000 };
const defaultFactor = 2;

const most = 2 ** 31 - 1; // what setTimeout can hold, in milliseconds
const overflows = ['reject', 'drop-oldest', 'drop-newest'];
const names = [...Object.keys(times), 'factor', ...Object.keys(counts), 'overflow', 'hints', 'heartbeat', 'hello', 'shouldReconnect', 'failover'];

/** readResilience returns complete settings for true or an object, null for false or nothing. It throws TypeError or RangeError. */
export function readResilience(value) {
  if (value === undefined || value === null || value === false) return null;
  if (value !== true && typeof value !== 'object') {
    throw new TypeError(`tether: resilient must be true, false or an object, not a ${typeof value}`);
  }
  const given = value === true ? {} : chosen(value);
  const settings = { ...times, factor: defaultFactor, ...counts, overflow: 'reject', hints: true, heartbeat: null, hello: null, shouldReconnect: null, failover: null };
  for (const [name, setting] of Object.entries(given)) settings[name] = readSetting(name, setting);
  return fitDelays(settings, given);
}

// A setting that is undefined is one that is not there.
const chosen = (object) => Object.fromEntries(Object.entries(object).filter(([, setting]) => setting !== undefined));

function readSetting(name, value) {
  if (name in times) return time(name, value) || times[name];
  if (name in counts) return count(name, value);
  switch (name) {
    case 'factor': return factor(value);
    case 'overflow': return oneOf(name, value, overflows);
    case 'hints': return boolean(name, value);
    case 'heartbeat': return readHeartbeat(value);
    case 'failover': return readFailover(value);
    case 'hello': case 'shouldReconnect': return aFunction(name, value);
    default: throw new TypeError(`tether: resilient has no setting "${name}"; it has ${names.join(', ')}`);
  }
}

// Of two delays that contradict each other, one that was not given follows the one that was.
function fitDelays(settings, { minDelay, maxDelay }) {
  const { minDelay: least, maxDelay: longest } = settings;
  if (least <= longest) return settings;
  if (minDelay && maxDelay) throw new RangeError(`tether: resilient.maxDelay (${maxDelay}) must not be less than minDelay (${minDelay})`);
  if (maxDelay) return { ...settings, minDelay: longest };
  return { ...settings, maxDelay: least };
}

function readHeartbeat(value) {
  if (value === null || value === false) return null;
  if (value !== true && typeof value !== 'object') throw new TypeError(`tether: resilient.heartbeat must be true, false or an object, not a ${typeof value}`);
  const settings = { ...beat, ping: undefined, pong: undefined };
  for (const [name, setting] of Object.entries(chosen(value))) {
    if (name in beat) settings[name] = time(`heartbeat.${name}`, setting);
    else if (name === 'ping' || name === 'pong') settings[name] = textOrFunction(`heartbeat.${name}`, setting);
    else throw new TypeError(`tether: resilient.heartbeat has no setting "${name}"; it has interval, timeout, transfer, ping, pong`);
  }
  if (settings.interval === 0) throw new RangeError('tether: resilient.heartbeat.interval must be more than 0');
  settings.timeout ||= beat.timeout;
  settings.transfer ||= beat.transfer;
  if ((settings.ping === undefined) !== (settings.pong === undefined)) throw new TypeError('tether: resilient.heartbeat.ping and pong belong together: set both or neither');
  return settings;
}

// A function is asked for its address when the server's turn comes.
function readFailover(value) {
  if (value === null) return null;
  if (!Array.isArray(value) || value.length === 0) throw new TypeError('tether: resilient.failover must be an array of addresses');
  return value.map((address) => {
    if (typeof address === 'function') return address;
    if (typeof address !== 'string' && !(address instanceof URL)) throw new TypeError(`tether: resilient.failover must have texts, URLs or functions, not a ${typeof address}`);
    return checkAddress(address).url;
  });
}

// Parts of a millisecond count as a whole one: the engine takes 0 for a setting that is missing.
const time = (name, value) => Math.ceil(number(name, value));

function count(name, value) {
  if (Number.isInteger(number(name, value))) return value;
  throw new RangeError(`tether: resilient.${name} must be a whole number, not ${value}`);
}

function factor(value) {
  if (number('factor', value) === 0) return defaultFactor;
  if (value >= 1 && value <= 100) return value;
  throw new RangeError(`tether: resilient.factor must be between 1 and 100, not ${value}`);
}

function number(name, value) {
  if (typeof value !== 'number') throw new TypeError(`tether: resilient.${name} must be a number, not a ${typeof value}`);
  if (!(value >= 0 && value <= most)) throw new RangeError(`tether: resilient.${name} must be between 0 and ${most}, not ${value}`);
  return value;
}

function textOrFunction(name, value) {
  if (typeof value === 'function' || typeof value === 'string') return value;
  throw new TypeError(`tether: resilient.${name} must be a text or a function, not a ${typeof value}`);
}

function aFunction(name, value) {
  if (value === null || typeof value === 'function') return value;
  throw new TypeError(`tether: resilient.${name} must be a function, not a ${typeof value}`);
}

function boolean(name, value) {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`tether: resilient.${name} must be true or false, not a ${typeof value}`);
}

function oneOf(name, value, allowed) {
  if (allowed.includes(value)) return value;
  throw new TypeError(`tether: resilient.${name} must be one of ${allowed.join(', ')}, not ${String(value)}`);
}

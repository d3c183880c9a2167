// request: a question and its answer over messages, in the envelope of Go's package wasm/message, so that a server has one
// way to answer pages and Go programs (message.Answer). The question is a JSON object with `type`, `call` (an id) and the
// members of the body; the answer is the object that comes back with the id as `reply`. One with `fault` rejects.

import { stateOf } from './state.mjs';
import { utf8Length } from './rules.mjs';

const most = 1000; // unanswered requests of one socket
const longestName = 64; // bytes
const ours = ['type', 'call', 'reply', 'fault']; // members of the envelope
const cancelName = '$cancel'; // message.CancelName: the caller gives the call up

/** openRequests returns {ask(type, body, {signal, timeout})}. */
export function openRequests(socket) {
  const asked = new Map(); // id → {resolve, reject, release, sent}
  let last = 0;

  const settle = (id, how) => {
    const entry = asked.get(id);
    if (!entry) return;
    asked.delete(id);
    entry.release();
    how(entry);
  };
  const lost = (concerned, text) => {
    for (const [id, { sent }] of [...asked]) {
      if (!concerned(sent)) continue;
      settle(id, ({ reject }) => reject(Object.assign(new Error(`tether: request: ${text}`), { name: 'TetherDisconnectError', sent })));
    }
  };
  const send = (message) => socket.send(stateOf(socket).codec ? message : JSON.stringify(message));
  // The other side need not go on. What waits in the queue is followed by its cancellation.
  const giveUp = (id, why) => settle(id, ({ reject, sent }) => {
    reject(why);
    try {
      if (socket.readyState === 1 || !sent) send({ type: cancelName, call: id });
    } catch { // no room: the other side answers a question that is no longer asked
    }
  });
  socket.addEventListener('message', ({ data }) => {
    if (asked.size === 0) return;
    const answer = toObject(data);
    if (typeof answer?.reply !== 'string' || typeof answer.type !== 'string' || !asked.has(answer.reply)) return;
    settle(answer.reply, ({ resolve, reject }) => (isFault(answer) ? reject(refusal(answer)) : resolve(answer)));
  });
  // What waits in the queue is handed over when a connection opens, and goes with the next one when it has not been.
  socket.addEventListener('open', () => { for (const entry of asked.values()) entry.sent = true; });
  socket.addEventListener('disconnect', () => lost((sent) => sent, 'the connection was lost before the answer came'));
  socket.addEventListener('close', () => lost(() => true, 'the socket closed before the answer came'));

  return {
    ask: (type, body = {}, { signal, timeout = 30_000 } = {}) => new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      check(`${type}`, body);
      if (asked.size >= most) throw new DOMException(`tether: request: ${most} requests are unanswered`, 'QuotaExceededError');
      const id = `${stateOf(socket).transport?.tag ?? ''}${(++last).toString(36)}`;
      const abort = () => giveUp(id, signal.reason);
      const timer = setTimeout(() => giveUp(id, new DOMException(`tether: request: no answer to "${type}" within ${timeout} ms`, 'TimeoutError')), timeout);
      const release = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      const entry = { resolve, reject, release, sent: socket.readyState === 1 };
      asked.set(id, entry);
      signal?.addEventListener('abort', abort, { once: true });
      try {
        send({ type: `${type}`, call: id, ...body });
      } catch (error) {
        settle(id, () => reject(error));
      }
    }),
  };
}

// The rules are those of message.New, so that whatever a page asks can be declared in Go.
function check(type, body) {
  if (type === cancelName) throw new TypeError(`tether: request: "${cancelName}" belongs to the envelope: abort the signal of a request to cancel it`);
  if (type === '' || utf8Length(type) > longestName || /[\0-\x1f"\\\x7f\ufffd]/.test(type)) {
    throw new TypeError(`tether: request: ${JSON.stringify(type)} is no name of a type: at most ${longestName} bytes, without control characters, quotes and backslashes`);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new TypeError('tether: request: the body must be an object');
  for (const name of ours) {
    if (Object.hasOwn(body, name)) throw new TypeError(`tether: request: the body has a member "${name}", which belongs to the envelope`);
  }
}

const isFault = ({ fault }) => typeof fault === 'string' && fault !== '';

function refusal(answer) {
  const error = new Error(`tether: request: the peer answered: ${answer.fault}`);
  return Object.assign(error, { name: 'TetherRequestError', fault: answer.fault, answer });
}

// With a codec messages are values already; without one, texts that may be JSON.
function toObject(data) {
  if (typeof data !== 'string') return typeof data === 'object' ? data : null;
  if (!data.startsWith('{')) return null;
  try {
    return JSON.parse(data);
  } catch {
    return null; // not for us: the page gets it as it is
  }
}

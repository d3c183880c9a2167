// request: a question and its answer over messages. The question is a JSON object with the members of the body, `type` and
// `id`; the answer is the first object that comes back with the same `id`. One whose type is "error" rejects.

import { coreOf } from './core.mjs';

const most = 1000; // unanswered requests of one socket

/** openRequests returns {ask(type, body, {signal, timeout})}. */
export function openRequests(socket) {
  const asked = new Map(); // id → {resolve, reject, release}
  let last = 0;

  const settle = (id, how) => {
    const entry = asked.get(id);
    if (!entry) return;
    asked.delete(id);
    entry.release();
    how(entry);
  };
  const lost = (text) => {
    for (const [id, { sent }] of [...asked]) settle(id, ({ reject }) => reject(Object.assign(new Error(`tether: request: ${text}`), { name: 'TetherDisconnectError', sent })));
  };
  socket.addEventListener('message', ({ data }) => {
    if (asked.size === 0) return;
    const answer = toObject(data);
    if (answer === null || !asked.has(answer.id)) return;
    settle(answer.id, ({ resolve, reject }) => (answer.type === 'error' ? reject(refusal(answer)) : resolve(answer)));
  });
  socket.addEventListener('disconnect', () => lost('the connection was lost before the answer came'));
  socket.addEventListener('close', () => lost('the socket closed before the answer came'));

  return {
    ask: (type, body = {}, { signal, timeout = 30_000 } = {}) => new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (asked.size >= most) throw new DOMException(`tether: request: ${most} requests are unanswered`, 'QuotaExceededError');
      const id = ++last;
      const abort = () => settle(id, (entry) => entry.reject(signal.reason));
      const timer = setTimeout(() => settle(id, (entry) => entry.reject(new DOMException(`tether: request: no answer to "${type}" within ${timeout} ms`, 'TimeoutError'))), timeout);
      const release = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      const entry = { resolve, reject, release, sent: socket.readyState === 1 };
      asked.set(id, entry);
      signal?.addEventListener('abort', abort, { once: true });
      try {
        const question = { ...body, type, id };
        socket.send(coreOf(socket).codec ? question : JSON.stringify(question));
      } catch (error) {
        settle(id, () => reject(error));
      }
    }),
  };
}

function refusal(answer) {
  const error = new Error(`tether: request: the peer answered: ${answer.message ?? answer.errors?.join('; ') ?? 'error'}`);
  return Object.assign(error, { name: 'TetherRequestError', answer });
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

// sendAsync: sends when there is room, in the order of the calls.

import { stateOf } from './state.mjs';

const highWater = 1 << 20; // bytes that may wait in the browser (and the queue) before the next message waits here
const shortest = 4; // milliseconds between two looks at bufferedAmount, which changes without an event
const longest = 100;

/** openSendQueue returns {send(data, {signal})}, whose promise settles when the message was handed over, or will not be. */
export function openSendQueue(socket) {
  const waiting = []; // {data, resolve, reject, signal, cancel}
  let timer;

  const pass = (pause = shortest) => {
    clearTimeout(timer);
    timer = undefined;
    while (waiting.length > 0) {
      if (socket.readyState >= 2) return refuseAll();
      if (!hasRoom(socket)) break;
      hand(socket, waiting.shift());
    }
    if (waiting.length > 0) timer = setTimeout(pass, pause, Math.min(pause * 2, longest));
  };
  const refuseAll = () => {
    const gone = new DOMException('tether: sendAsync: the socket closed before the message could be sent', 'InvalidStateError');
    for (const { reject, release } of waiting.splice(0)) {
      release();
      reject(gone);
    }
  };
  socket.addEventListener('open', () => pass());
  socket.addEventListener('close', () => pass());

  return {
    send: (data, { signal } = {}) => new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const entry = { data, resolve, reject, release: () => signal?.removeEventListener('abort', cancel) };
      const cancel = () => {
        waiting.splice(waiting.indexOf(entry), 1);
        reject(signal.reason);
      };
      signal?.addEventListener('abort', cancel, { once: true });
      waiting.push(entry);
      if (timer === undefined) pass();
    }),
  };
}

// A resilient socket has room while it connects: its queue. A plain one has not: its send would throw.
function hasRoom(socket) {
  const { queued } = stateOf(socket).transport ?? {};
  if (queued) return socket.bufferedAmount < Math.min(highWater, queued.roomBytes) && queued.messages < queued.roomMessages;
  return socket.readyState === 1 && socket.bufferedAmount < highWater;
}

function hand(socket, { data, resolve, reject, release }) {
  release();
  try {
    socket.send(data);
    resolve();
  } catch (error) {
    reject(error);
  }
}

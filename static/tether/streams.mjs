// readable and writable, in the shape of WebSocketStream's: the messages as streams, with back-pressure.

import { iterate } from './iterate.mjs';

/**
 * readableOf streams what message events carry from now on. A browser's WebSocket cannot stop, so messages wait
 * in a bounded queue, past which the stream fails: nothing is lost silently. Cancelling the stream closes the socket.
 */
export function readableOf(socket) {
  const messages = iterate(socket);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await messages.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await messages.return();
      socket.close(1000);
    },
  }, { highWaterMark: 0 }); // the queue is the iterator's
}

/** writableOf sends each chunk as a message, when there is room. Closing the stream closes the socket and waits for it. */
export function writableOf(socket) {
  return new WritableStream({
    start(controller) {
      socket.addEventListener('close', ({ code }) => controller.error(new DOMException(`tether: the socket has closed with ${code}`, 'InvalidStateError')), { signal: controller.signal });
    },
    write: (chunk, { signal }) => socket.sendAsync(chunk, { signal }),
    close: async () => {
      if (socket.readyState === 3) return;
      const closed = new Promise((resolve) => { socket.addEventListener('close', resolve, { once: true }); });
      socket.close(1000);
      await closed;
    },
    abort: () => socket.close(1000),
  }, { highWaterMark: 1 });
}

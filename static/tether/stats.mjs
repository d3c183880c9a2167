// What a socket has done so far, in plain numbers.

import { sizeOf } from './rules.mjs';

/** newStats returns counters; read(transport) returns them as one object for the page. */
export function newStats() {
  const counts = {
    attempts: 0, opened: 0, messagesSent: 0, bytesSent: 0, messagesReceived: 0, bytesReceived: 0,
    undecoded: 0, dropped: 0, uncertainBytes: 0,
  };
  return {
    attempt() { counts.attempts++; },
    opened() { counts.opened++; },
    sent(bytes) { counts.messagesSent++; counts.bytesSent += bytes; },
    receivedMessage(data) { counts.messagesReceived++; counts.bytesReceived += sizeOf(data); },
    hasOpened: () => counts.opened > 0,
    undecoded() { counts.undecoded++; },
    dropped(messages) { counts.dropped += messages; },
    // Handed to the browser, but still in its buffer when the connection ended: it is not known whether it arrived.
    uncertain(bytes) { counts.uncertainBytes += bytes; },
    read(transport) {
      return {
        ...counts,
        attempts: Math.max(counts.attempts, 1),
        queuedMessages: transport.queued?.messages ?? 0,
        queuedBytes: transport.queued?.bytes ?? 0,
        bufferedAmount: transport.bufferedAmount,
      };
    },
  };
}

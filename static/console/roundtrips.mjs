// Matches echoes with the messages sent, to show the response time and the form that was sent.

const most = 200; // messages without an echo that are kept

/** newRoundTrips pairs messages of the same type and size, first sent with first received. */
export function newRoundTrips() {
  let waiting = []; // {type, size, at, kind}
  return {
    sent(data, kind) {
      if (waiting.length === most) waiting.shift();
      waiting.push({ ...measure(data), at: performance.now(), kind });
    },
    /** received returns {ms, kind} of the message that data is the echo of, or undefined. */
    received(data) {
      const { type, size } = measure(data);
      const index = waiting.findIndex((sent) => sent.type === type && sent.size === size);
      if (index < 0) return undefined;
      const [{ at, kind }] = waiting.splice(index, 1);
      return { ms: performance.now() - at, kind };
    },
    /** forget drops the messages whose echo was lost with the connection. */
    forget() { waiting = []; },
  };
}

function measure(data) {
  if (typeof data === 'string') return { type: 'text', size: data.length };
  return { type: 'binary', size: data.byteLength ?? data.size };
}

// Finds out which message came back as the echo of which, to show how long it took and in the form it was sent in.

const most = 200; // messages we wait for

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
    /** forget gives up what the lost connection still owed. */
    forget() { waiting = []; },
  };
}

function measure(data) {
  if (typeof data === 'string') return { type: 'text', size: data.length };
  return { type: 'binary', size: data.byteLength ?? data.size };
}

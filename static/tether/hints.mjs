// What the page and the network report: hints, never proof. One set of listeners serves all sockets of this global; without
// sockets there are none, so that a page which is done with them is as it was.

const subscribers = new Set();
let stop = null; // removes the listeners

// Where each hint comes from. In a worker there is neither document nor page transition: online and offline remain. Node reports nothing.
const sources = [
  ['online', () => globalThis, () => 'online'],
  ['offline', () => globalThis, () => 'offline'],
  ['pagehide', () => globalThis, (event) => event.persisted && 'cached'],
  ['pageshow', () => globalThis, (event) => event.persisted && 'restored'],
  ['visibilitychange', () => globalThis.document, () => document.visibilityState],
  ['freeze', () => globalThis.document, () => 'frozen'],
  ['resume', () => globalThis.document, () => 'resumed'],
];

/** followPage calls onHint(hint) for each hint until the returned function is called. */
export function followPage(onHint) {
  subscribers.add(onHint);
  stop ??= listen();
  return () => {
    subscribers.delete(onHint);
    if (subscribers.size > 0) return;
    stop?.();
    stop = null;
  };
}

function listen() {
  const stopping = new AbortController();
  for (const [type, target, read] of sources) {
    target()?.addEventListener?.(type, (event) => {
      const hint = read(event);
      if (hint) for (const onHint of [...subscribers]) onHint(hint);
    }, { signal: stopping.signal });
  }
  return () => stopping.abort();
}

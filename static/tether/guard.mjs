// Calls functions of the page: what they throw must not stop ours.

const report = globalThis.reportError ?? console.error;

/** guarded calls a function of the page. What it throws is reported as from a listener, and counts as no answer. */
export function guarded(call) {
  try {
    return call();
  } catch (error) {
    report(error);
    return undefined;
  }
}

// The browser's own WebSocket, kept as it was when this module was loaded: a page may put TetherSocket in its place. Where
// tap.js stands before it, it is the one behind: a TetherSocket reports its own messages, and more.

/** NativeSocket is what TetherSocket extends. Where there is no WebSocket (a server that renders pages) importing does no harm. */
export const NativeSocket = globalThis[Symbol.for('tetherscope.tap')]?.WebSocket ?? globalThis.WebSocket ?? class WebSocket extends EventTarget {
  constructor() {
    super();
    throw new DOMException('tether: this environment has no WebSocket (Node has one since 22): give the option WebSocket, for example the class of the package ws', 'NotSupportedError');
  }
};

/** dial constructs a native WebSocket, or one of another implementation; it throws what the constructor throws. */
export function dial(url, protocols, Implementation = NativeSocket) {
  return protocols === undefined ? new Implementation(url) : new Implementation(url, protocols);
}

/**
 * statusOf returns the HTTP status of a refused handshake, or 0: no standard has an event say it, and a browser never does, but the
 * package ws does, in words.
 */
export function statusOf(event) {
  const [, status = '0'] = /^Unexpected server response: ([2-5]\d\d)$/.exec(event?.message) ?? [];
  return Number(status);
}

// The browser's own WebSocket, kept as it was when this module was loaded: a page may put TetherSocket in its place. Where
// tap.js stands before it, it is the one behind: a TetherSocket tells for itself, and more.

/** Native is what TetherSocket extends. Where there is no WebSocket (a server that renders pages) importing does no harm. */
export const Native = globalThis[Symbol.for('tetherscope.tap')]?.WebSocket ?? globalThis.WebSocket ?? class WebSocket extends EventTarget {
  constructor() {
    super();
    throw new DOMException('tether: this environment has no WebSocket', 'NotSupportedError');
  }
};

/** dial constructs a native WebSocket; it throws what the constructor throws. */
export function dial(url, protocols) {
  return protocols === undefined ? new Native(url) : new Native(url, protocols);
}

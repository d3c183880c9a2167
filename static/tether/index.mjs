// tether: a WebSocket with the shape of the browser's own, and one that reconnects.
//
//   import { TetherSocket } from './tether.mjs';
//   const socket = new TetherSocket('wss://example.com/feed', [], { resilient: true });
//
// ci/bundle.sh makes one file of what is imported from here, tether.mjs: a page waits for one answer, not for a chain of them.
// Addresses relative to import.meta.url are those of the built files. Types: ../tether.d.ts.

export { TetherSocket } from './socket.mjs';
export { init } from './loader.mjs';

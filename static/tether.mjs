// tether: a WebSocket that is faithful to the browser's own, and one that comes back.
//
//   import { TetherSocket } from './tether.mjs';
//   const socket = new TetherSocket('wss://example.com/feed', [], { resilient: true });
//
// This file is only the door; the rooms behind it are in ./tether/. Types: tether.d.ts.

export { TetherSocket } from './tether/socket.mjs';
export { init } from './tether/loader.mjs';

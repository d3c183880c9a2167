// tether: a WebSocket that is faithful to the browser's own, and one that comes back.
//
//   import { TetherSocket } from './tether.mjs';
//   const socket = new TetherSocket('wss://example.com/feed', [], { resilient: true });
//
// This file is only the door; the rooms behind it are in ./tether/. Types: tether.d.ts.

// Named here so that a browser without a bundler asks for all files at once, instead of finding them one behind the other.
import './tether/address.mjs';
import './tether/codec.mjs';
import './tether/core.mjs';
import './tether/engine.mjs';
import './tether/faithful.mjs';
import './tether/gate.mjs';
import './tether/handlers.mjs';
import './tether/hints.mjs';
import './tether/iterate.mjs';
import './tether/link.mjs';
import './tether/native.mjs';
import './tether/options.mjs';
import './tether/outbox.mjs';
import './tether/pilot.mjs';
import './tether/requests.mjs';
import './tether/resilient.mjs';
import './tether/rules.mjs';
import './tether/shared.mjs';
import './tether/shared-channel.mjs';
import './tether/shared-hub.mjs';
import './tether/stats.mjs';
import './tether/streams.mjs';
import './tether/translated.mjs';

export { TetherSocket } from './tether/socket.mjs';
export { init } from './tether/loader.mjs';

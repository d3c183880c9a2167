// The console page: sends and receives messages of a WebSocket endpoint through TetherSocket. This file ties the parts together.

import { TetherSocket } from './tether.mjs';
import { newCompose } from './console/compose.mjs';
import { newConnection } from './console/connection.mjs';
import { newLog } from './console/log.mjs';
import { newRoundTrips } from './console/roundtrips.mjs';
import { describeMessage } from './console/views.mjs';

const log = newLog(document);
const trips = newRoundTrips();

const connection = newConnection(document, {
  open: (url) => new TetherSocket(url, [], { resilient: true }),
  received(data) {
    const trip = trips.received(data);
    log.add({ kind: 'in', rtt: trip?.ms, ...describeMessage(data, trip?.kind) });
  },
  note: (mood, text) => log.add({ kind: 'event', mood, text }),
  lost: () => trips.forget(),
});

newCompose(document, {
  ready: () => connection.usable(),
  send(data, kind) {
    const waits = connection.send(data);
    trips.sent(data, kind);
    log.add({ kind: 'out', note: waits ? 'queued' : '', ...describeMessage(data, kind) });
  },
});

connection.start(new URL('/ws/echo', location.href.replace(/^http/, 'ws')).href);

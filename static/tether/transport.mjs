// Chooses the transport that does the work of a socket which is not a native WebSocket itself.

import { ResilientTransport } from './resilient.mjs';
import { SharedTransport } from './shared.mjs';
import { openCodecTransport } from './codec-transport.mjs';

/** newTransport returns the transport for settings, already connecting. host is {socketState, emit(event), receive(data, origin)}. */
export function newTransport(url, protocols, settings, host) {
  if (settings.shared) return new SharedTransport(url, protocols, settings, host);
  if (settings.resilient) return new ResilientTransport(url, protocols, settings.resilient, host, settings.implementation);
  return openCodecTransport(url, protocols, host, settings.implementation);
}

// Chooses the link that does the work of a socket which is not a native WebSocket itself.

import { ResilientLink } from './resilient.mjs';
import { SharedLink } from './shared.mjs';
import { openTranslated } from './translated.mjs';

/** newLink returns the link for settings, already connecting. host is {core, emit(event), receive(data, origin)}. */
export function newLink(url, protocols, settings, host) {
  if (settings.shared) return new SharedLink(url, protocols, settings, host);
  if (settings.resilient) return new ResilientLink(url, protocols, settings.resilient, host);
  return openTranslated(url, protocols, host);
}

// A plain socket with a codec: one native WebSocket whose messages are translated. Its events are therefore copies; its
// exceptions, its attributes and the moments of its events are the browser's own.

import { dial } from './native.mjs';

/** openTranslated connects and passes every event on, as a new event in the same turn. */
export function openTranslated(url, protocols, { emit, receive }) {
  const native = dial(url, protocols);
  native.binaryType = 'arraybuffer';
  native.onmessage = ({ data, origin }) => receive(data, origin);
  native.onopen = () => emit(new Event('open'));
  native.onerror = () => emit(new Event('error'));
  native.onclose = ({ code, reason, wasClean }) => emit(new CloseEvent('close', { code, reason, wasClean }));
  return native;
}

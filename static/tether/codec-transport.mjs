// A plain socket with a codec, or of another implementation of WebSocket: one native WebSocket whose messages a codec decodes. Its
// events are therefore copies; its exceptions, its attributes and the moments of its events are the browser's own.

import { closeEvent } from './events.mjs';
import { dial } from './native-socket.mjs';

/** openCodecTransport connects and passes every event on, as a new event in the same task. */
export function openCodecTransport(url, protocols, { socketState, emit, receive }, implementation) {
  const native = dial(url, protocols, implementation);
  native.binaryType = socketState.codec ? 'arraybuffer' : 'blob';
  native.onmessage = ({ data, origin }) => receive(data, origin);
  native.onopen = () => emit(new Event('open'));
  native.onerror = () => emit(new Event('error'));
  native.onclose = (event) => emit(closeEvent(event));
  return native;
}

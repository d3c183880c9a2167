// Plain mode: one native WebSocket. Its exceptions, its attributes and the moments of its events are the browser's own.

const Native = globalThis.WebSocket; // kept, so that a page may put TetherSocket in its place

/** dial constructs a native WebSocket; it throws what the constructor throws. */
export function dial(url, protocols) {
  return protocols === undefined ? new Native(url) : new Native(url, protocols);
}

/** openPlain connects and passes every event on, as a new event in the same turn. */
export function openPlain(url, protocols, emit, receive) {
  const native = dial(url, protocols);
  native.onmessage = receive;
  native.onopen = () => emit(new Event('open'));
  native.onerror = () => emit(new Event('error'));
  native.onclose = (event) => emit(copyOfClose(event));
  return native;
}

/** copyOfClose returns an event that says the same as a close event that has already been dispatched. */
export function copyOfClose({ code, reason, wasClean }) {
  return new CloseEvent('close', { code, reason, wasClean });
}

// The onopen, onmessage, onerror and onclose attributes, as HTML defines event handlers.

const kept = new WeakMap(); // socket → Map(type → {value, listening})

/** handler returns what the attribute on<type> of a socket holds. */
export function handler(socket, type) { return of(socket).get(type)?.value ?? null; }

// A handler takes its place among the listeners when it is first set, keeps it when it is replaced, and gives it up when
// it is set to null. Anything but an object counts as null; an object that cannot be called is kept and does nothing.
/** setHandler sets the attribute on<type>. */
export function setHandler(socket, type, value) {
  const handlers = of(socket);
  const usable = typeof value === 'function' || (typeof value === 'object' && value !== null) ? value : null;
  const before = handlers.get(type);
  if (usable === null) {
    if (before) socket.removeEventListener(type, before.listener);
    handlers.delete(type);
  } else if (before) {
    before.value = usable;
  } else {
    const entry = { value: usable, listener: (event) => call(entry.value, socket, event) };
    handlers.set(type, entry);
    socket.addEventListener(type, entry.listener);
  }
}

function of(socket) {
  let handlers = kept.get(socket);
  if (!handlers) kept.set(socket, handlers = new Map());
  return handlers;
}

function call(value, socket, event) {
  if (typeof value !== 'function') return;
  if (value.call(socket, event) === false) event.preventDefault();
}

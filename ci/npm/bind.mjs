// What the bindings for React, Svelte and Vue have in common: a socket that lives as long as a component.

import { TetherSocket } from './tether.mjs';

/**
 * bind opens a socket, resilient unless options say otherwise, and reports its state and its messages until leave() is called. It opens it
 * after the present turn: React's strict mode mounts a component twice in one, and leaves the first one at once.
 */
export function bind(url, { protocols = [], ...options } = {}, { opened = () => {}, state, message }) {
  const left = new AbortController();
  const { signal } = left;
  let socket;
  queueMicrotask(() => {
    if (signal.aborted) return;
    socket = new TetherSocket(url, protocols, { resilient: true, ...options });
    opened(socket);
    for (const type of ['open', 'close', 'statechange']) socket.on(type, () => state(socket.state), { signal });
    socket.on('message', ({ data }) => message(data), { signal });
    state(socket.state);
  });
  return {
    leave() {
      left.abort();
      socket?.close(1000);
    },
  };
}

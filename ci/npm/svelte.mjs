import { readable } from 'svelte/store';
import { bind } from './bind.mjs';

/** tether returns a store of {state, data, socket}: the socket is open while the store has subscribers. See svelte.d.ts. */
export function tether(url, options) {
  const nothing = { state: 'connecting', data: undefined, socket: null };
  return readable(nothing, (set, update) => {
    const bound = bind(url, options, {
      opened: (socket) => update((value) => ({ ...value, socket })),
      state: (state) => update((value) => ({ ...value, state })),
      message: (data) => update((value) => ({ ...value, data })),
    });
    return () => {
      bound.leave();
      set(nothing);
    };
  });
}

import { onMounted, onUnmounted, shallowRef } from 'vue';
import { bind } from './bind.mjs';

/** useTether has a socket to url while the component is mounted. See vue.d.ts. */
export function useTether(url, { onMessage, ...options } = {}) {
  const socket = shallowRef(null);
  const state = shallowRef('connecting');
  const data = shallowRef();
  let bound;
  onMounted(() => {
    bound = bind(url, options, {
      opened: (opened) => { socket.value = opened; },
      state: (now) => { state.value = now; },
      message: (message) => {
        data.value = message;
        onMessage?.(message);
      },
    });
  });
  onUnmounted(() => bound.leave());
  return { socket, state, data };
}

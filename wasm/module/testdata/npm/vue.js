import { createApp, h, watch } from 'vue';
import { useTether } from '@tetherscope/tether/vue';
import { converse } from './page.js';

globalThis.result = converse((url, options) => {
  const app = createApp({
    setup() {
      const { socket, state, data } = useTether(url, options);
      watch(state, (now) => { if (now === 'open') socket.value.send('hello'); });
      return () => h('p', `${state.value} ${data.value ?? ''}`);
    },
  });
  app.mount('#app');
  return () => app.unmount();
});

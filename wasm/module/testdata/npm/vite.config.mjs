import { svelte } from '@sveltejs/vite-plugin-svelte';

export default {
  plugins: [svelte()],
  // A slow machine is no fault of the package.
  build: { rolldownOptions: { checks: { bundlerTimings: false }, input: ['index.html', 'react.html', 'svelte.html', 'vue.html'] } },
};

import { mount, unmount } from 'svelte';
import Feed from './Feed.svelte';
import { converse } from './page.js';

globalThis.result = converse((url, options) => {
  const component = mount(Feed, { target: document.getElementById('app'), props: { url, options } });
  return () => unmount(component);
});

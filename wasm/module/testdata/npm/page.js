// What the pages of the three frameworks have in common: a conversation with a component that shows state and messages of its socket, and
// says hello whenever the socket is open.

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const until = async (holds) => { while (!(await holds())) await pause(10); };
const connections = async (key) => (await fetch(`/ws/stats?key=${key}`)).json();
const shown = () => document.getElementById('app').textContent;

/** converse mounts the component with a URL and options, and returns what happened. mount returns a function that unmounts. */
export async function converse(mount) {
  const key = crypto.randomUUID();
  const unmount = await mount(`ws://${location.host}/ws/drop-first?times=1&key=${key}`, { resilient: { minDelay: 5, maxDelay: 20 } });
  await until(() => shown().includes('open hello'));
  const { accepted, live } = await connections(key);
  await unmount();
  await until(async () => (await connections(key)).live === 0);
  return [accepted, live, shown()];
}

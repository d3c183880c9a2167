// Applies a rule to the three classes: in the page that imports this, and in a Worker or SharedWorker that is started
// from this very file.
import { TetherSocket } from '/tether.mjs';
import { rules } from '/testdata/rules.mjs';

const classes = {
  browser: WebSocket,
  plain: TetherSocket,
  resilient: class extends TetherSocket {
    constructor(url) {
      if (arguments.length === 0) super();
      else super(url, arguments[1], { resilient: true });
    }
  },
};

// Milliseconds. Some rules have no outcome for a resilient socket: it goes on. The caller says so.
const [limit, none] = [50_000, 300];

const at = (path) => `ws://${location.host}/ws${path}`;

/** apply returns the outcome of a rule for each class as JSON, or says that there was none in time. */
export async function apply([rule, resilientDiffers]) {
  const outcomes = {};
  for (const [name, WS] of Object.entries(classes)) {
    const outcome = (async () => JSON.stringify(await rules[rule](WS, at)))().catch((error) => `failed: ${error}`);
    const late = new Promise((resolve) => { setTimeout(resolve, name === 'resilient' && resilientDiffers ? none : limit, 'no outcome in time'); });
    outcomes[name] = await Promise.race([outcome, late]);
  }
  return outcomes;
}

const answer = (port) => { port.onmessage = async ({ data }) => port.postMessage(await apply(data)); };
if (globalThis.DedicatedWorkerGlobalScope) answer(globalThis);
if (globalThis.SharedWorkerGlobalScope) globalThis.onconnect = ({ ports: [port] }) => answer(port);

/** elsewhere starts this file as a Worker or SharedWorker and returns what apply is there. */
export function elsewhere(Kind) {
  const worker = new Kind(import.meta.url, { type: 'module' });
  const port = worker.port ?? worker;
  return (args) => new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(`${Kind.name}: ${event.message}`));
    port.onmessage = ({ data }) => resolve(data);
    port.postMessage(args);
  });
}

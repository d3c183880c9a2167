// Loads and starts the WASM engine, once for the page.

import { connectEngine } from './engine.mjs';
import { compileFailure, importFailure, notExpected, request } from './load-failure.mjs';

const wasmType = 'application/wasm';
const longestWindow = 30_000; // milliseconds that a wait for the next try to load is drawn from, at most
let running; // the promise of the engine; undefined when none runs and none is on its way
let given = {}; // the options of the last load: what is tried again is the same
let ready; // what init hands out: the same promise to every caller, without the engine

/**
 * init loads the engine that decides for resilient sockets. Calling it is optional: the first resilient socket does it.
 * Call it early to load early, or to say where the module is. It is idempotent: the first call's options count, later
 * calls get the same promise. When loading fails, the promise rejects and the next call tries again.
 */
export function init(options = {}) {
  if (options === null || typeof options !== 'object') {
    return Promise.reject(new TypeError(`tether: init takes an options object, not ${describe(options)}`));
  }
  if (!running) {
    given = options;
    running = start(options);
    ready = running.then(() => undefined, (error) => {
      forget();
      throw error;
    });
    ready.catch(() => {}); // a caller that does not wait for it gets the error from its sockets
  }
  return ready;
}

/**
 * engine is init for the sockets: it yields the engine itself. What may have another outcome next time, because the server was not
 * reached or a download was cut, is tried again as long as wanted() holds: a page that loads just as its server restarts
 * is what a resilient socket is for. It waits as the engine would; delayed(error) is called after the first failure.
 */
export async function engine({ wanted, delayed }) {
  let window = 1000;
  for (let failures = 0; ; failures++) {
    try {
      await init(given);
      return running;
    } catch (error) {
      if (!error.transient) throw error;
      if (failures === 0 && wanted()) delayed(error);
    }
    await new Promise((resolve) => { setTimeout(resolve, Math.random() * window); });
    if (!wanted()) throw new Error('tether: the engine is not wanted any more');
    window = Math.min(window * 2, longestWindow);
  }
}

function forget() {
  running = ready = undefined;
}

// The program and the module are requested at once: neither depends on the other.
async function start(options) {
  const [{ newProgram }, module] = await Promise.all([script(options), compile(options)]);
  const program = newProgram();
  const instance = await instantiate(options, module, program.imports);
  return connectEngine(program, instance, (error) => {
    forget(); // a later init starts a new program
    report(options.onExit, error);
  });
}

async function script({ engine: given }) {
  if (typeof given?.newProgram === 'function') return given;
  if (given !== undefined) {
    throw new TypeError(`tether: init: engine must be what "import * as engine from './tether-engine.mjs'" gives, not ${describe(given)}`);
  }
  try {
    return await import('./tether-engine.mjs');
  } catch (error) {
    throw await importFailure(error);
  }
}

function report(onExit, error) {
  if (typeof onExit === 'function') onExit(error);
  else console.error(error);
}

// import.meta.url is read only here: a classic worker that passes wasmURL has none.
const place = ({ wasmURL }) => String(wasmURL ?? new URL('./tether.wasm', import.meta.url));

async function compile(options) {
  const { module, integrity } = options;
  if (module instanceof WebAssembly.Module) return module;
  if (module !== undefined) {
    throw new TypeError(`tether: init: module must be a WebAssembly.Module, not ${describe(module)}`);
  }
  const url = place(options);
  const response = await request(url, integrity);
  const streams = mediaType(response) === wasmType && typeof WebAssembly.compileStreaming === 'function';
  try {
    return await (streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer()));
  } catch (error) {
    throw await compileFailure(url, error);
  }
}

async function instantiate(options, module, imports) {
  try {
    return await WebAssembly.instantiate(module, imports);
  } catch (error) {
    throw notExpected(options.module ? 'what init was given' : place(options), error);
  }
}

const mediaType = (response) => (response.headers.get('Content-Type') ?? '').split(';')[0].trim().toLowerCase();
const describe = (value) => (value === null ? 'null' : Object.prototype.toString.call(value).slice(8, -1));

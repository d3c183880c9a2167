// Loads and starts the WASM engine, once for the page.

import { connectEngine } from './engine.mjs';

const wasmType = 'application/wasm';
const longestWindow = 30_000; // milliseconds that a wait for the next try to load is drawn from, at most
let running; // the promise of the engine; undefined when none runs and none is on its way
let given = {}; // the options of the last load: what is tried again is the same
let ready; // what init hands out: the same promise to every caller, without the engine

/**
 * init loads the engine that decides for resilient sockets. Calling it is optional: the first resilient socket does it.
 * Call it early to load early, or to say where the module is. It is idempotent: the first call's options count, later
 * calls get the same promise. When loading fails, the promise rejects and the next call tries anew.
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
    ready.catch(() => {}); // a caller who does not wait for it is told by its sockets
  }
  return ready;
}

/**
 * engine is init for the sockets: it yields the engine itself. As long as the server cannot be reached it tries again,
 * since a page that loads just as its server restarts is what a resilient socket is for; it waits as the engine would.
 */
export async function engine(window = 1000) {
  try {
    await init(given);
    return running;
  } catch (error) {
    if (!error.transient) throw error;
    await new Promise((resolve) => { setTimeout(resolve, Math.random() * window); });
    return engine(Math.min(window * 2, longestWindow));
  }
}

function forget() {
  running = ready = undefined;
}

// The program and the module are asked for at once: neither tells where the other is.
async function start(options) {
  const [{ newProgram }, module] = await Promise.all([script(), compile(options)]);
  const program = newProgram();
  const instance = await instantiate(options, module, program.imports);
  return connectEngine(program, instance, (error) => {
    forget(); // a later init starts a new program
    report(options.onExit, error);
  });
}

async function script() {
  try {
    return await import('./tether-engine.mjs');
  } catch (error) {
    throw transient(new Error(`tether: tether-engine.mjs could not be loaded beside tether.mjs: ${error.message}`, { cause: error }));
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
  const response = await get(url, integrity);
  const streams = mediaType(response) === wasmType && typeof WebAssembly.compileStreaming === 'function';
  return expected(url, async () => (streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer())));
}

function instantiate(options, module, imports) {
  return expected(options.module ? 'what init was given' : place(options), () => WebAssembly.instantiate(module, imports));
}

async function expected(what, make) {
  try {
    return await make();
  } catch (error) {
    throw new Error(`tether: ${what} is not the module tether expects: ${error.message}`, { cause: error });
  }
}

async function get(url, integrity) {
  let response;
  try {
    response = await fetch(url, { credentials: 'same-origin', ...(integrity ? { integrity } : {}) });
  } catch (error) {
    const hint = integrity ? ' (unreachable, or its content does not match integrity)' : '';
    const failure = new Error(`tether: cannot load ${url}${hint}: ${error.message}`, { cause: error });
    throw integrity ? failure : transient(failure);
  }
  if (!response.ok) throw new Error(`tether: cannot load ${url}: the server answered ${response.status} ${response.statusText}`.trim());
  return response;
}

const transient = (error) => Object.assign(error, { transient: true });
const mediaType = (response) => (response.headers.get('Content-Type') ?? '').split(';')[0].trim().toLowerCase();
const describe = (value) => (value === null ? 'null' : Object.prototype.toString.call(value).slice(8, -1));

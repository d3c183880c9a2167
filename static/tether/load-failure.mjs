// Tells by its cause whether a failure to load the engine is transient: the same request may be answered next time. What a
// browser keeps to itself is found out by another request.

const magic = [0, 0x61, 0x73, 0x6d]; // "\0asm"
const passing = [408, 425, 429]; // of 4xx: the statuses that say "later"

const transient = (error) => Object.assign(error, { transient: true });

/** request fetches url; it throws an error that has transient: true where that is so. */
export async function request(url, integrity) {
  const disk = url.startsWith('file:') && globalThis.process?.getBuiltinModule?.('node:fs/promises');
  if (disk) return readFile(disk, url); // Node fetches no files
  let response;
  try {
    response = await fetch(url, { credentials: 'same-origin', ...(integrity ? { integrity } : {}) });
  } catch (error) {
    throw await unreachable(url, integrity, error);
  }
  if (response.ok) return response;
  const failure = new Error(`tether: cannot load ${url}: the server answered ${response.status} ${response.statusText}`.trim());
  throw mayPass(response.status) ? transient(failure) : failure;
}

async function readFile(disk, url) {
  try {
    return new Response(await disk.readFile(new URL(url)), { headers: { 'Content-Type': 'application/wasm' } });
  } catch (error) {
    throw new Error(`tether: cannot load ${url}: ${error.message}`, { cause: error });
  }
}

const mayPass = (status) => status >= 500 || passing.includes(status);

// With integrity the browser does not say whether the file was not reached, or is another one. Without it, it can be read.
async function unreachable(url, integrity, cause) {
  const another = integrity && await read(url);
  if (another) return new Error(`tether: cannot load ${url}: its content does not match integrity`, { cause });
  return transient(new Error(`tether: cannot load ${url}: ${cause.message}`, { cause }));
}

/** compileFailure returns the error for a module that could not be compiled: a part of one, or something else. */
export async function compileFailure(url, cause) {
  const bytes = cause instanceof WebAssembly.CompileError && await read(url);
  if (bytes && !isCut(bytes) && !(await compiles(bytes))) return notExpected(url, cause);
  return transient(new Error(`tether: cannot load ${url}: the download was cut: ${cause.message}`, { cause }));
}

/** notExpected returns the error for a file that is no module of tether. */
export function notExpected(what, cause) {
  return new Error(`tether: ${what} is not the module tether expects: ${cause.message}`, { cause });
}

async function read(url) {
  try {
    const response = await fetch(url, { credentials: 'same-origin', cache: 'reload' });
    return response.ok && new Uint8Array(await response.arrayBuffer());
  } catch {
    return false;
  }
}

// A second download that compiles shows that the first one was damaged.
const compiles = (bytes) => WebAssembly.compile(bytes).then(() => true, () => false);

// A module is a header of eight bytes and sections, each with its length: they end where the file ends, or it was cut.
function isCut(bytes) {
  if (magic.some((byte, i) => bytes[i] !== byte)) return bytes.length < magic.length && magic.slice(0, bytes.length).every((byte, i) => bytes[i] === byte);
  let at = 8;
  while (at < bytes.length) {
    let size = 0;
    let shift = 0;
    do {
      at++;
      size += (bytes[at] & 0x7f) * 2 ** shift;
      shift += 7;
    } while (bytes[at] & 0x80 && shift < 35);
    at += 1 + size;
  }
  return at > bytes.length;
}

/**
 * importFailure returns the error for a program that could not be imported. A service worker may not import at all once it is
 * installed; elsewhere the address in the browser's words is asked for.
 */
export async function importFailure(cause) {
  const { ServiceWorkerGlobalScope: Scope } = globalThis;
  const failure = new Error(`tether: tether-engine.mjs could not be loaded beside tether.mjs: ${cause.message}`, { cause });
  if (Scope && globalThis instanceof Scope) {
    failure.message += '; a service worker hands it in: import * as engine from "./tether-engine.mjs"; init({ engine })';
    return failure;
  }
  if (cause instanceof SyntaxError || cause.code === 'ERR_MODULE_NOT_FOUND') return failure;
  return (await isMissing(cause)) ? failure : transient(failure);
}

async function isMissing({ message, request: bundled }) {
  const url = bundled ?? /\bhttps?:\/\/[^\s'"]+/.exec(message)?.[0];
  if (!url) return false;
  try {
    const { ok, status, headers } = await fetch(url, { credentials: 'same-origin' });
    return ok ? !/javascript/.test(headers.get('Content-Type')) : !mayPass(status); // a page in place of the script: it is not there
  } catch {
    return false;
  }
}

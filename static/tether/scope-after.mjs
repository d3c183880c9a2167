// Runs directly after wasm_exec.js: takes what it made, and gives the page its own globals back.
//
// wasm_exec.js also fakes Node's `fs`, `process` and `path`. A page that suddenly has a `process` makes libraries
// believe that they run in Node, so these are kept for our program alone.

import { saved } from './scope-before.mjs';

export const made = {};

for (const [name, descriptor] of saved) {
  made[name] = globalThis[name];
  if (descriptor) {
    if (descriptor.configurable) Object.defineProperty(globalThis, name, descriptor);
  } else {
    delete globalThis[name];
  }
}

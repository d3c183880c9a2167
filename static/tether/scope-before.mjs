// Runs directly before wasm_exec.js and takes away what that script would otherwise overwrite or reuse.
//
// Modules imported one after the other by the same module run in one go, with no task between them. So no other script
// of the page can look while the names are missing: scope-after.mjs puts them back in the same turn.

const names = ['Go', 'fs', 'process', 'path'];

export const saved = new Map(names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));

for (const name of names) {
  if (saved.get(name)?.configurable) delete globalThis[name];
}

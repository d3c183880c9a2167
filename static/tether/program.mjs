// Runs one Go program with a global object of its own, so that nothing of it is seen on globalThis, and so that a second
// Go program on the page, of whatever Go version, neither disturbs it nor is disturbed.
/*! Contains wasm_exec.js of Go. Copyright 2018 The Go Authors. BSD license: https://go.dev/LICENSE */

import './scope-before.mjs';
import 'wasm_exec'; // ci/bundle.sh says which
import { made } from './scope-after.mjs';

const errorOutput = 2; // file descriptor
const linesKept = 40; // of what the program wrote to stderr, for the message of its end

/** newProgram returns a Go program that has not started: {imports, run(instance)}. */
export function newProgram() {
  const go = new made.Go();
  const output = capture();
  const scope = Object.create(globalThis, {
    fs: { value: Object.assign({}, made.fs, { writeSync: output.write }) },
    process: { value: made.process },
    path: { value: made.path },
  });
  redirect(go, output);
  giveScope(go, scope);
  let code = 0;
  go.exit = (n) => { code = n; };
  return {
    imports: go.importObject,
    /** run starts main. It returns when main waits; onEnd is called once, when the program is over. */
    run(instance, onEnd) {
      go.run(instance).then(
        () => onEnd(ended(code, output.text())),
        (error) => onEnd(ended(code, output.text(), error)),
      );
    },
    /** exited reports whether the program is over; its exports must not be called then. */
    exited: () => go.exited === true,
    /** settle lets go.run notice an end that happened inside an exported function. */
    settle: () => { if (go.exited) go._resolveExitPromise?.(); },
  };
}

// Go's runtime writes through a free variable `fs`, which would be the page's. It is given ours instead.
function redirect(go, output) {
  const imports = go.importObject.gojs ?? go.importObject.go;
  imports['runtime.wasmWrite'] = (sp) => {
    const view = new DataView(go._inst.exports.mem.buffer);
    sp >>>= 0;
    const fd = Number(view.getBigInt64(sp + 8, true));
    const start = Number(view.getBigInt64(sp + 16, true));
    output.write(fd, new Uint8Array(view.buffer, start, view.getInt32(sp + 24, true)));
  };
}

// Reference 5 is what syscall/js.Global() is; wasm_exec.js sets the table when the program starts.
function giveScope(go, scope) {
  let table;
  Object.defineProperty(go, '_values', {
    get: () => table,
    set: (values) => {
      table = values;
      const at = values?.indexOf(globalThis) ?? -1;
      if (at >= 0) values[at] = scope;
    },
  });
}

function capture() {
  const decoder = new TextDecoder();
  const lines = [];
  let rest = '';
  return {
    write(fd, bytes) {
      const parts = (rest + decoder.decode(bytes)).split('\n');
      rest = parts.pop();
      for (const line of parts) (fd === errorOutput ? console.error : console.log)(line);
      lines.push(...parts);
      if (lines.length > linesKept) lines.length = linesKept; // the first lines of a panic say why
      return bytes.length;
    },
    text: () => lines.concat(rest || []).join('\n'),
  };
}

function ended(code, output, cause) {
  const first = output.split('\n').find((line) => /^(panic|fatal error|runtime error)/.test(line));
  const why = first ?? cause?.message ?? `it exited with code ${code}`;
  const error = new Error(`tether: the WASM engine has stopped: ${why}`, { cause });
  return Object.assign(error, { name: 'TetherExitError', code, output });
}

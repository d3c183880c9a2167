// npm.mjs [FOLDER [WASM]]: makes the npm package of tether's JS module as a tarball in FOLDER (default bin), from static/ and
// the built files in WASM (default static/dist), and prints where it is and the sizes of what a page downloads. It needs no registry.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));
const [out = join(root, 'bin'), built = join(root, 'static/dist')] = process.argv.slice(2).map((path) => resolve(path));
const go = (...args) => execFileSync('go', ['env', ...args], { encoding: 'utf8' }).trim();

const dir = mkdtempSync(join(tmpdir(), 'tether-npm-'));
try {
  cpSync(join(root, 'static/tether.d.ts'), join(dir, 'tether.d.ts'));
  for (const name of readdirSync(built).filter((file) => /^tether[\w-]*\.(mjs|mjs\.map|wasm)$/.test(file))) cpSync(join(built, name), join(dir, name));
  for (const name of readdirSync(join(root, 'ci/npm'))) cpSync(join(root, 'ci/npm', name), join(dir, name));
  cpSync(join(root, 'LICENSE'), join(dir, 'LICENSE'));
  // Compiler and wasm_exec.js must be of one Go version: a program started by another one's script fails in odd ways.
  const script = readFileSync(join(go('GOROOT'), 'lib/wasm/wasm_exec.js'), 'utf8');
  const { sourcesContent } = JSON.parse(readFileSync(join(dir, 'tether-engine.mjs.map'), 'utf8'));
  if (!sourcesContent.includes(script)) throw new Error(`${built}/tether-engine.mjs has not the wasm_exec.js of ${go('GOVERSION')}: build again`);
  writeFileSync(join(dir, 'build-info.json'), `${JSON.stringify({ goVersion: go('GOVERSION'), sha256: sums(dir) }, null, 2)}\n`);
  mkdirSync(out, { recursive: true });
  const [{ filename }] = JSON.parse(execFileSync('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', out], { cwd: dir, encoding: 'utf8' }));
  console.log(join(out, filename));
  for (const name of readdirSync(dir).filter((file) => /\.(mjs|wasm)$/.test(file)).sort()) console.log(size(name));
} finally {
  rmSync(dir, { recursive: true });
}

// brotli as a server would keep the file; a page without resilient sockets downloads tether.mjs alone.
function size(name) {
  const content = readFileSync(join(dir, name));
  return `${name.padEnd(20)} ${String(content.length).padStart(9)} raw ${String(brotliCompressSync(content).length).padStart(9)} brotli`;
}

function sums(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath ?? entry.path, entry.name)).sort();
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length + 1), createHash('sha256').update(readFileSync(path)).digest('hex')]));
}

// npm-test.mjs [FOLDER]: makes the npm package @tetherscope/test as a tarball in FOLDER (default bin), and prints where it is.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = resolve(process.argv[2] ?? join(root, 'bin'));
const dir = mkdtempSync(join(tmpdir(), 'tetherscope-npm-'));
try {
  cpSync(join(root, 'ci/npm-test'), dir, { recursive: true });
  cpSync(join(root, 'LICENSE'), join(dir, 'LICENSE'));
  mkdirSync(out, { recursive: true });
  const [{ filename }] = JSON.parse(execFileSync('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', out], { cwd: dir, encoding: 'utf8' }));
  console.log(join(out, filename));
} finally {
  rmSync(dir, { recursive: true });
}

// compress.mjs [--prune]: writes NAME.br and NAME.gz beside every built asset in static/dist, so that the server
// negotiates an encoding without compressing. With --prune it only removes those that belong to an older build.
// Node's zlib does it: Node is on the machine anyway, and its brotli is the reference implementation.
// static/dist/compressed.json remembers which content each pair was made from, since file times lie after a rebuild.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = 'static/dist';
const ledger = join(dist, 'compressed.json');
const made = existsSync(ledger) ? JSON.parse(readFileSync(ledger, 'utf8')) : {};
const prune = process.argv.includes('--prune');

for (const name of readdirSync(dist).filter((n) => /\.(wasm|js|mjs)$/.test(n))) {
  const path = join(dist, name);
  const source = readFileSync(path);
  const hash = createHash('sha256').update(source).digest('hex');
  if (made[name] === hash && existsSync(path + '.br') && existsSync(path + '.gz')) continue;
  delete made[name];
  rmSync(path + '.br', { force: true });
  rmSync(path + '.gz', { force: true });
  if (prune) continue;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: source.length };
  writeFileSync(path + '.br', brotliCompressSync(source, { params }));
  writeFileSync(path + '.gz', gzipSync(source, { level: 9 }));
  made[name] = hash;
}
writeFileSync(ledger, JSON.stringify(made, null, 1) + '\n');

// The fixture for Vitest: a tap for each test that asks for one, between the test's clients and the targets it names.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test as base } from 'vitest';

import { matchers } from './matchers.mjs';
import { startTap } from './tap.mjs';

expect.extend(matchers);
export { expect };

export const test = base.extend({
  tapOptions: [{}, { injected: true }],
  ws: async ({ tapOptions, task }, use) => {
    const tap = await startTap(tapOptions);
    try {
      await use(tap);
      if (task.result?.state === 'fail') await keep(tap, task, tapOptions.folder ?? 'test-results/tetherscope');
    } finally {
      await tap.close();
    }
  },
});

// A test that has failed takes no more attachments from Vitest, so the files lie beside, and its meta, which reporters print, names them.
async function keep(tap, task, folder) {
  const name = join(folder, `${task.name.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 80)}-${task.id}`);
  mkdirSync(folder, { recursive: true });
  await tap.save(`${name}.tscap`);
  writeFileSync(`${name}.html`, await tap.page(task.name));
  task.meta.tetherscope = { capture: `${name}.tscap`, page: `${name}.html` };
  console.error(`WebSocket traffic of "${task.name}": ${name}.html and .tscap`);
}

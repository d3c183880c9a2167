// The fixture for Playwright: every WebSocket that a test's pages and workers open goes through a tap of that test.

import { expect as baseExpect, test as base } from '@playwright/test';

import { matchers } from './matchers.mjs';
import { startTap } from './tap.mjs';

export const expect = baseExpect.extend(matchers);

export const test = base.extend({
  tapOptions: [{}, { option: true }],
  ws: async ({ tapOptions }, use, testInfo) => {
    const tap = await startTap({ ...tapOptions, proxy: true });
    try {
      await use(tap);
      if (testInfo.status !== testInfo.expectedStatus) await attach(tap, testInfo);
    } finally {
      await tap.close();
    }
  },
  // Pages of this machine go through it, too. The authority of its certificates is known to no other program and ends with the test.
  proxy: async ({ ws }, use) => use({ server: ws.proxy, bypass: '<-loopback>' }),
  ignoreHTTPSErrors: async ({}, use) => use(true),
});

async function attach(tap, testInfo) {
  const file = testInfo.outputPath('websockets.tscap');
  await tap.save(file);
  await testInfo.attach('websockets.tscap', { path: file, contentType: 'application/octet-stream' });
  await testInfo.attach('websockets.html', { body: await tap.page(testInfo.title), contentType: 'text/html' });
}

// What a user writes must compile, and a mistake must not.
import { startTap, textOf, type Tap } from '@tetherscope/test';
import { expect, test } from '@tetherscope/test/playwright';
import { expect as vitestExpect, test as vitestTest } from '@tetherscope/test/vitest';

test.use({ tapOptions: { rules: 'op:ping => drop' } });
test('playwright', async ({ page, ws }) => {
  await page.goto('/');
  await expect(ws).toHaveSent('op:text', { timeout: 1 });
  await expect(ws).not.toHaveReceived('op:text');
  await expect(ws).toHaveNoViolations();
  // @ts-expect-error a query is text
  await expect(ws).toHaveSent(1);
});

const own = vitestTest.extend({ tapOptions: { targets: { a: 'ws://localhost/' } } });
own('vitest', async ({ ws }) => {
  await vitestExpect(ws).toHaveSent('op:text');
  await vitestExpect(ws).not.toHaveReceived('op:text', { timeout: 1 });
  const found: string | null = textOf((await ws.find())[0]);
  console.log(found);
});

const tap: Tap = await startTap({ proxy: true });
// @ts-expect-error it is read only
tap.url = '';
await tap.close();

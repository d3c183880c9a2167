import { expect, test } from '@tetherscope/test/playwright';

test('sent and received', async ({ page, ws }) => {
  await page.goto('/');
  await expect(ws).toHaveSent('op:text $.type="subscribe"');
  await expect(ws).toHaveReceived('op:text $.price>0');
  await expect(ws).not.toHaveSent('$.type="unsubscribe"');
  await expect(ws).toHaveNoViolations();
  await expect(page).toHaveTitle('3');
});

test('faults', async ({ page, ws }) => {
  expect(await ws.setRules('dir:in $.type="price" => drop')).toContain('drop');
  await page.goto('/');
  await expect(ws).toHaveReceived('is:dropped $.type="price"');
  await expect(page).toHaveTitle('waiting');
});

test.describe('rules from the start', () => {
  test.use({ tapOptions: { rules: 'dir:in $.type="price" => drop' } });
  test('each test has a tap of its own', async ({ page, ws }) => {
    expect(await ws.find('')).toEqual([]);
    await page.goto('/');
    await expect(ws).toHaveReceived('is:dropped');
  });
});

test('fails: never sent', async ({ page, ws }) => {
  await page.goto('/');
  await expect(ws).toHaveReceived('$.price>0');
  await expect(ws).toHaveSent('$.type="never"', { timeout: 100 });
});

test('fails: violation', async ({ page, ws }) => {
  await page.goto('/?masked');
  await expect(ws).toHaveReceived('lint');
  await expect(ws).toHaveNoViolations();
});

test('fails: query', async ({ ws }) => {
  await expect(ws).toHaveSent('op:(');
});

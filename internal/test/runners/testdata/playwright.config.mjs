import { defineConfig } from '@playwright/test';

// A root user's Chromium has no sandbox; the deadlines are those of a busy machine.
export default defineConfig({
  testDir: 'playwright',
  timeout: 180_000,
  expect: { timeout: 60_000 },
  workers: 1,
  use: { baseURL: process.env.APP, launchOptions: { executablePath: process.env.CHROMIUM, args: ['--no-sandbox'], timeout: 120_000 } },
});

import type { Expect, PlaywrightTestArgs, PlaywrightTestOptions, PlaywrightWorkerArgs, PlaywrightWorkerOptions, TestType } from '@playwright/test';
import type { Tap, TapOptions } from './tap.js';

export interface TapFixtures {
  /** How the tap of each test is started. */
  tapOptions: TapOptions;
  /** The tap of this test: every WebSocket of its pages and workers goes through it. */
  ws: Tap;
}

interface Result {
  pass: boolean;
  message: () => string;
}

export type TapMatchers = {
  /** The client sent, or sends within the timeout, what a query finds. With not: it has not until now. */
  toHaveSent(tap: Tap, query: string, options?: { timeout?: number }): Promise<Result>;
  /** The client received, or receives within the timeout, what a query finds. With not: it has not until now. */
  toHaveReceived(tap: Tap, query: string, options?: { timeout?: number }): Promise<Result>;
  /** No handshake, frame or message until now violates RFC 6455 or RFC 7692. */
  toHaveNoViolations(tap: Tap): Promise<Result>;
};

export declare const test: TestType<PlaywrightTestArgs & PlaywrightTestOptions & TapFixtures, PlaywrightWorkerArgs & PlaywrightWorkerOptions>;
export declare const expect: Expect<TapMatchers>;

import type { TestAPI } from 'vitest';
import type { Tap, TapOptions } from './tap.js';

export interface TapFixtures {
  /** How the tap of each test is started. folder is where the capture of a failed test goes: test-results/tetherscope by default. */
  tapOptions: TapOptions & { folder?: string };
  /** The tap of this test. */
  ws: Tap;
}

export declare const test: TestAPI<TapFixtures>;
export { expect } from 'vitest';

declare module 'vitest' {
  interface Matchers<T = any> {
    /** The client sent, or sends within the timeout, what a query finds. With not: it has not until now. */
    toHaveSent(query: string, options?: { timeout?: number }): Promise<void>;
    /** The client received, or receives within the timeout, what a query finds. With not: it has not until now. */
    toHaveReceived(query: string, options?: { timeout?: number }): Promise<void>;
    /** No handshake, frame or message until now violates RFC 6455 or RFC 7692. */
    toHaveNoViolations(): Promise<void>;
  }
}

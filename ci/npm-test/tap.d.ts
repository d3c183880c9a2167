/** How a tap is started. */
export interface TapOptions {
  /** The tetherscope program. By default that of TETHERSCOPE_BIN, else the one in PATH. */
  binary?: string;
  /** Servers to stand in front of, by name: ws(s)://host/path, or http(s)://host for all of a server. */
  targets?: Record<string, string>;
  /** Fault rules from the start, one per line: `dir:in op:text => delay 100ms`. */
  rules?: string;
  /** Be an HTTP proxy, too. The Playwright fixture always is. */
  proxy?: boolean;
  /** Further flags of the program. */
  args?: string[];
}

/** A record of the capture, as `tetherscope show -json` prints it. Fields are only ever added. */
export interface CaptureRecord {
  seq: number;
  time: string;
  conn: number;
  kind: string;
  /** "out" is client to server. */
  dir?: 'in' | 'out';
  frame?: { opcode: number; type: string; fin: boolean; length: number; compressed?: boolean; violations?: string[] };
  text?: string;
  base64?: string;
  /** What the application got, where it is not the payload. */
  body?: { text?: string; base64?: string };
  code?: number;
  reason?: string;
  marks?: string[];
  [more: string]: unknown;
}

/** A violation of RFC 6455 or RFC 7692. */
export interface Violation {
  seq: number;
  time: string;
  conn: number;
  dir?: 'in' | 'out';
  where: string;
  rule: string;
  section?: string;
  meaning?: string;
}

export declare class Tap {
  private constructor();
  /** Of the tap's pages and control API. */
  readonly url: string;
  /** Of its HTTP proxy; undefined without the option proxy. */
  readonly proxy?: string;
  /** The URL to connect to in place of a target's own. */
  target(name: string): string;
  /** What was captured until now and a query of the filter language finds. */
  find(query?: string): Promise<CaptureRecord[]>;
  /** The first record that a query finds, captured or still to come; undefined after the timeout in milliseconds, 5000 by default. */
  waitFor(query: string, options?: { timeout?: number }): Promise<CaptureRecord | undefined>;
  /** What was captured until now and violates a rule. It rejects when nothing was captured. */
  violations(): Promise<Violation[]>;
  /** Replaces the fault rules and returns their canonical form; an empty text removes all. */
  setRules(text: string): Promise<string>;
  /** Writes what was captured until now: .tscap or .jsonl. */
  save(file: string): Promise<void>;
  /** The capture as an HTML page of its own. */
  page(title?: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts a tap. Who starts one closes it. */
export declare function startTap(options?: TapOptions): Promise<Tap>;

/** What the application got as text; null when it was not text. */
export declare function textOf(record: CaptureRecord): string | null;

/// <reference lib="esnext.disposable" />
// Types of tether.mjs. Written by hand; a test compares the names with what the module exports, and compiles this file.

/** A message as it travels: what WebSocket.send takes. */
export type RawMessage = string | ArrayBuffer | ArrayBufferView<ArrayBuffer> | Blob;

/** Where the engine is, and what is called when it ends. */
export interface InitOptions {
  /** Where tether.wasm is. Default: beside tether.mjs. */
  wasmURL?: string | URL;
  /**
   * The program that runs the module, imported by the page itself: `import * as engine from './tether-engine.mjs'`. Needed in a
   * service worker, which may not import later; otherwise it is imported when it is needed.
   */
  engine?: object;
  /** The module, already compiled; then nothing is fetched. */
  module?: WebAssembly.Module;
  /** Subresource integrity of the file, for example "sha384-…". */
  integrity?: string;
  /** Called once when the engine has ended, which it never does by itself: a panic, or a trap. Default: console.error. */
  onExit?: (error: Error) => void;
}

/**
 * Loads the engine that decides for resilient sockets. Optional: the first resilient socket does it when it has connected, or
 * failed to. Idempotent: the first call's options count and every call gets the same promise. It rejects with an Error that
 * names the file and the reason; the next call then tries again. Sockets try again by themselves after a failure that may
 * pass (the server was not reached, answered 5xx, 408, 425 or 429, or the download was cut); the first one gives an "error" event.
 * After any other failure they keep the connection they have, and do not reconnect.
 */
export function init(options?: InitOptions): Promise<void>;

/**
 * Settings of a resilient socket, checked by the constructor. Times in milliseconds, rounded up; 0 is the default.
 *
 * What follows the end of a connection is the policy of the Go client. A retry hint of the server in the reason goes first:
 * {"retry":5000}, {"reconnect":false}, {"reconnect":true}. Then the close code decides:
 *
 * stops: 1000, 1002, 1003, 1007–1010, 3000, 3003, 4000–4099, 4400–4407, 4409–4424, 4426–4428, 4430–4999
 * waits longer: 1012 (5–30 s), 1013 (10–60 s), 4425 (1–10 s), 4429 (10–30 s)
 * tries again: 1001, 1005, 1006, 1011, 1014, 1015, 3001, 3002, 3004–3999, 4100–4399, 4408
 *
 * A browser reports every attempt that failed as 1006, whatever the server answered. The WebSocket of the package ws says the HTTP status,
 * which then decides as natively: 2xx, 4xx but 408, 425 and 429, 501 and 505 stop.
 *
 * After 4401 or 3000 (unauthorized), or HTTP 401, where the address or `protocols` is a function, or there is a hello, the page is asked once
 * more: another attempt follows. A second refusal ends the socket, unless the connection between had lived for minUptime. A retry hint of the
 * server goes first.
 */
export interface Resilience {
  /** The window that the first wait is drawn from; default 1000, or maxDelay if that is less. Each wait is drawn evenly from zero to its whole window. */
  minDelay?: number;
  /** The largest window; default 30 000, or minDelay if that is more. */
  maxDelay?: number;
  /** How the window grows per failed attempt; 1 to 100, default 2. */
  factor?: number;
  /** A connection that lived this long, or brought a message, resets the window; default 5000. */
  minUptime?: number;
  /** Failed attempts in a row after which it gives up; default 0: never. */
  maxAttempts?: number;
  /** An attempt that takes longer is given up; default 15 000. */
  connectTimeout?: number;
  /** A closing handshake that takes longer is cut short; default 5000. */
  closeTimeout?: number;
  /** Messages kept while there is no connection; default 1000, 0 for none. */
  queueMessages?: number;
  /** Bytes kept while there is no connection; default 1 MiB, 0 for none. */
  queueBytes?: number;
  /** What send does when the queue is full: throw QuotaExceededError (default), or drop with a "drop" event. */
  overflow?: 'reject' | 'drop-oldest' | 'drop-newest';
  /**
   * Follow the page and the network; default true. When the network is back, or the page is seen or runs again, the wait for
   * the next attempt is cut to a random part of a second, unless the server asked for it. A page that goes into the
   * back/forward cache lets its connection go, and makes a new one when it comes back. The rest is only reported, as "hint".
   */
  hints?: boolean;
  /**
   * Notice a dead connection within interval + timeout + transfer + 1 s: without it, a network that swallows everything is noticed when
   * TCP gives up, which may take a quarter of an hour. Default: false. true is an object of defaults.
   */
  heartbeat?: boolean | Heartbeat;
  /**
   * The first words of each connection, for authentication and subscriptions: what it sends, and then what it returns (an array is
   * several messages), leaves before anything that is queued; "open" and the queue follow when its promise is fulfilled. The order is:
   * hello, queued messages, what an "open" listener sends. connectTimeout bounds it. Should it throw, the attempt has failed: another one
   * follows, or none when the error has `permanent: true`. Messages that it did not ask for follow "open".
   * Of the tabs of a shared socket one speaks for all, and another one when it cannot.
   */
  hello?: (connection: Connection) => any;
  /**
   * Asked when a connection or an attempt has ended: true tries again, false ends the socket, undefined leaves it to the table
   * above. The delay is the table's, or the backoff. Not for a shared socket.
   */
  shouldReconnect?: (code: number, reason: string, wasClean: boolean) => boolean | undefined | void;
  /**
   * Further servers, in the order of preference; a function is asked for the address when its turn comes, but not for a shared socket. An
   * attempt goes to the first server that has not failed within the last minute, or else to the one that failed first. The window grows when
   * all have had their turn, and what a close code asks to wait for counts only when all have failed; a retry hint always does. A server that refuses
   * the handshake with a status that would end the socket (known only with the WebSocket of ws) is left out until a connection opens.
   */
  failover?: Provided<string | URL>[];
}

/** A connection before the page may use it: what hello gets. */
export interface Connection {
  /** 1 for the first attempt since the socket was last open. */
  readonly attempt: number;
  readonly url: string;
  readonly protocol: string;
  /** Aborted when the connection ends before hello does. */
  readonly signal: AbortSignal;
  /** Sends a message, encoded by the socket's codec. */
  send(data: any): void;
  /** The next message that arrives, decoded; it is not given to the page. Rejects when the connection ends. */
  answer(): Promise<any>;
}

/**
 * A ping every interval, and a sign of life expected within timeout; any message is one, but our own ping come back is not.
 * A pong that carries the nonce of one of our last pings is not given to the page, nor what your own `pong` recognises once a ping was
 * sent; {"type":"pong"} without a nonce answers, and is given to the page too. A timer that fires late says that the device slept: the connection is then
 * asked once more. Where timers are slowed down, in a hidden page, it is noticed later, at the latest when the page is
 * seen again.
 */
export interface Heartbeat {
  /** Milliseconds; default 25 000. */
  interval?: number;
  /** Milliseconds from a ping, or from the last bytes of an upload that left, to a sign of life; default 10 000. */
  timeout?: number;
  /**
   * Milliseconds that one message may take to arrive, added to timeout: a browser shows nothing of it before it is complete, so
   * silence may be a dead connection or a slow download. Default 128 000, what 16 MiB take at 128 KiB/s. Where no message is large set it
   * small, and a dead connection is noticed sooner.
   */
  transfer?: number;
  /** Makes a ping that carries nonce; a text that does not carry it. Default: the text {"type":"ping","nonce":123}. */
  ping?: string | ((nonce: number) => string | ArrayBuffer | ArrayBufferView<ArrayBuffer>);
  /**
   * Recognises the answer, and returns its nonce, or true if the peer does not return it. Default: a JSON object with
   * "type":"pong" and perhaps the "nonce". Set ping and pong, or neither; a shared socket takes texts only.
   */
  pong?: string | ((data: string | ArrayBuffer | Blob) => number | boolean);
}

/** Turns values into messages and messages into values. What decode throws becomes a "decodeerror" event. */
export interface Codec<In, Out> {
  encode(value: Out): RawMessage;
  decode(data: string | ArrayBuffer): In;
}

export interface SocketOptions<In = unknown, Out = In> {
  /** false (default): a plain WebSocket. true or settings: it reconnects. */
  resilient?: boolean | Resilience;
  /**
   * One connection for all tabs of the origin that ask for the same name, URL and protocols; always resilient, and the
   * settings of the first tab count. Tabs with a hello share with tabs that have one. A SharedWorker has it, or, where there is none, the tab that holds a Web Lock; when
   * that tab dies, another one connects, and what had not been handed to a connection goes to the new one. No message is handed
   * over twice: of those that were just being handed over when the tab died it is not known whether they arrived (uncertainBytes), as
   * with every connection that is lost. Every tab gets every message. close() leaves; the connection closes with the last tab. Default: false. `via` is for tests.
   */
  shared?: boolean | string | { name?: string; via?: 'any' | 'worker' | 'locks' };
  /**
   * A class with the interface of WebSocket, in place of the global one: that of the npm package ws in Node before 22, or your own.
   * Not for a shared socket.
   */
  WebSocket?: new (url: any, protocols?: any) => any;
  /** Default "raw". With any other codec binaryType is "arraybuffer". */
  codec?: 'raw' | 'json' | 'float32' | Codec<In, Out>;
}

/** A value, or a function that is asked for it before each attempt of a resilient socket. */
export type Provided<T> = T | (() => T | Promise<T>);

export type State = 'connecting' | 'open' | 'waiting' | 'closing' | 'closed';

export interface StateChangeEvent extends Event { readonly state: State; readonly previous: State; readonly cause: string; }
/** A connection was lost; the socket is not closed yet. */
export interface DisconnectEvent extends Event { readonly code: number; readonly reason: string; readonly wasClean: boolean; }
/** The next attempt comes after delay milliseconds, for this cause and by this rule of the policy. */
export interface RetryEvent extends Event { readonly attempt: number; readonly delay: number; readonly cause: string; readonly rule: string; }
/** The peer answered the heartbeat, roundTrip milliseconds after it was asked. */
export interface PongEvent extends Event { readonly roundTrip: number; }
/** What the page or the network reported. */
export interface HintEvent extends Event { readonly hint: 'online' | 'offline' | 'visible' | 'hidden' | 'frozen' | 'resumed' | 'cached' | 'restored'; }
/** Messages that will never be sent: those of one turn together, and at most once a second. */
export interface DropEvent extends Event { readonly messages: number; readonly bytes: number; readonly cause: string; }
/** A message that the codec could not read; data is the message as it came. */
export interface DecodeErrorEvent extends ErrorEvent { readonly data: string | ArrayBuffer; }

export interface TetherSocketEventMap<In = any> {
  open: Event;
  message: MessageEvent<In>;
  /** An ErrorEvent where the cause is known, a plain Event otherwise, as natively. What ends a socket for good is said once, before "close". */
  error: Event | ErrorEvent;
  /** The socket is closed for good. A resilient socket that lost a connection says "disconnect". */
  close: CloseEvent;
  statechange: StateChangeEvent;
  disconnect: DisconnectEvent;
  retry: RetryEvent;
  pong: PongEvent;
  hint: HintEvent;
  drop: DropEvent;
  decodeerror: DecodeErrorEvent;
}

export interface Stats {
  /** Attempts to connect so far. */
  attempts: number;
  /** Connections that opened. */
  opened: number;
  messagesSent: number;
  bytesSent: number;
  messagesReceived: number;
  bytesReceived: number;
  /** Messages received that the codec could not read. */
  undecoded: number;
  /** Messages that were dropped unsent. */
  dropped: number;
  /** Bytes handed to the browser that were in its buffer when a connection ended: it is not known whether they arrived. */
  uncertainBytes: number;
  queuedMessages: number;
  queuedBytes: number;
  bufferedAmount: number;
}

/** One change of state, or what else explains a socket: kept for explain(). */
export interface Transition {
  /** Milliseconds since 1970. */
  at: number;
  state: State;
  previous: State | '';
  cause: string;
}

export interface RequestOptions {
  signal?: AbortSignal;
  /** Milliseconds; default 30 000. */
  timeout?: number;
}

/**
 * A WebSocket. Plain (the default), it is the browser's own object: same exceptions, same events, same order. Resilient, it reconnects: readyState is CONNECTING while it waits, CLOSED only when it has ended for good;
 * listeners outlive connections; "open" comes with each one; send keeps messages, in order, while there is none.
 */
export class TetherSocket<In = any, Out = any> extends EventTarget {
  static readonly CONNECTING: 0;
  static readonly OPEN: 1;
  static readonly CLOSING: 2;
  static readonly CLOSED: 3;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;

  /** Throws SyntaxError, TypeError or RangeError for what is wrong with the arguments, at once. Options that are no object are ignored, as natively. */
  constructor(url: string | URL, protocols?: string | string[], options?: SocketOptions<In, Out> & { resilient?: false });
  constructor(url: Provided<string | URL>, protocols: Provided<string | string[]> | undefined,
    options: SocketOptions<In, Out> & { resilient: true | Resilience });

  readonly url: string;
  readonly readyState: 0 | 1 | 2 | 3;
  /** Bytes that have not left: of the queue and of the browser. */
  readonly bufferedAmount: number;
  readonly extensions: string;
  readonly protocol: string;
  binaryType: BinaryType;

  onopen: ((this: WebSocket, event: Event) => any) | null;
  onmessage: ((this: WebSocket, event: MessageEvent<In>) => any) | null;
  onerror: ((this: WebSocket, event: Event | ErrorEvent) => any) | null;
  onclose: ((this: WebSocket, event: CloseEvent) => any) | null;

  send(data: Out): void;
  close(code?: number, reason?: string): void;

  /**
   * Sends when there is room: a plain socket is waited for until it is open; more than 1 MiB that has not left is waited
   * for. Calls are served in their order. Rejects with the signal's reason, or InvalidStateError when the socket closes first;
   * the message was not sent then.
   */
  sendAsync(data: Out, options?: { signal?: AbortSignal }): Promise<void>;

  /**
   * Sends body with the members type and call (an id), as JSON unless there is a codec, and resolves with the first object
   * that comes back with the id as its member reply: the envelope of Go's tether.Call and message.Answer. Rejects with
   * TetherRequestError when the answer has a fault, TimeoutError, the signal's reason, or TetherDisconnectError, whose `sent`
   * says whether the question had been handed to a connection; it is never repeated. At most 1000 wait.
   */
  request<R = any>(type: string, body?: object, options?: RequestOptions): Promise<R>;

  /** Like readyState, with "waiting" for the time between two attempts. */
  readonly state: State;

  /** Adds a listener and returns what removes it. "*" gets every event, in its order among the listeners. */
  on<K extends keyof TetherSocketEventMap<In>>(type: K, listener: (event: TetherSocketEventMap<In>[K]) => void,
    options?: { once?: boolean; signal?: AbortSignal }): () => void;
  on(type: '*', listener: (event: Event) => void, options?: { once?: boolean; signal?: AbortSignal }): () => void;
  once<K extends keyof TetherSocketEventMap<In>>(type: K, listener: (event: TetherSocketEventMap<In>[K]) => void,
    options?: { signal?: AbortSignal }): () => void;
  once(type: '*', listener: (event: Event) => void, options?: { signal?: AbortSignal }): () => void;
  off<K extends keyof TetherSocketEventMap<In> | '*'>(type: K, listener: (event: any) => void): void;

  addEventListener<K extends keyof TetherSocketEventMap<In>>(type: K,
    listener: ((this: WebSocket, event: TetherSocketEventMap<In>[K]) => unknown) | EventListenerObject | null,
    options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;

  /**
   * Empties the queue of a resilient socket and returns its messages, oldest first, as they would have been sent (encoded, with a codec).
   * They will not be sent, and there is no "drop" event. Throws InvalidStateError for a plain or a shared socket.
   */
  takeQueued(): RawMessage[];

  /** Drops the connection or the wait there is and tries again now; also when closed. Throws InvalidStateError when plain. */
  reconnect(reason?: string): void;

  /**
   * Ends a resilient socket at once: no closing handshake, "close" with 1006 before it returns. A plain socket begins its
   * closing handshake: a browser offers no more.
   */
  terminate(): void;

  /** What comes from now on; fails when its reader is 4096 messages behind. Cancelling it closes the socket. */
  readonly readable: ReadableStream<In>;

  /** Each chunk is a message, sent as by sendAsync. Closing it closes the socket with 1000 and waits for the end. */
  readonly writable: WritableStream<Out>;

  /**
   * What the socket has done. A plain one counts its messages from the first call on: until then nothing stands between the
   * browser and the page.
   */
  stats(): Stats;

  /** The last 100 changes of state with their causes, oldest first. */
  explain(): Transition[];

  /** The messages from now on. Ends on a clean close; throws otherwise, and when the loop is 4096 messages behind. */
  [Symbol.asyncIterator](): AsyncIterableIterator<In>;

  /** Closes with 1000. */
  [Symbol.dispose](): void;

  /** Closes with 1000 and waits for the end. */
  [Symbol.asyncDispose](): Promise<void>;
}

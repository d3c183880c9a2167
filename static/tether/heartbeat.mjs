// What a message is to the heartbeat. Go decides when to ask and what silence means (wasm/tether/heartbeat.go); here is what
// needs the messages themselves.

import { guarded } from './guard.mjs';

const remembered = 16; // of the last pings, the nonces: any other pong is the application's
const longestPong = 512; // characters: a longer message is no pong
const step = 1000; // milliseconds between two signs of life that are reported to the engine while no answer is due

/** Heartbeat selects the messages of one transport that matter to the engine. */
export class Heartbeat {
  #ping;
  #pong;
  #last; // the ping under way, to know its echo
  #nonces = []; // of the last pings of this connection
  #asked = false; // nothing arrived since the last ping
  #reportedAt = -Infinity; // when a sign of life was last reported

  constructor({ ping, pong }) {
    this.#ping = ping;
    this.#pong = pong;
  }

  /** opened resets the state for a new connection. */
  opened() {
    this.#last = undefined;
    this.#nonces = [];
    this.#asked = false;
    this.#reportedAt = -Infinity;
  }

  /** ask returns the message to send for a ping. */
  ask(nonce) {
    this.#asked = true;
    this.#nonces = [...this.#nonces.slice(1 - remembered), nonce];
    this.#last = typeof this.#ping === 'function' ? this.#ping(nonce) : this.#ping ?? `{"type":"ping","nonce":${nonce}}`;
    return this.#last;
  }

  /**
   * classify returns {answer, nonce} when the engine is to know of a message, and null for the others: a busy connection is not
   * asked to cross into WebAssembly for each of its messages. Pongs to our pings and echoes are not for the page. A "plain" pong,
   * which does not say to which ping, is an answer and for the page as well: it may be the application's own.
   */
  classify(data, at) {
    const { answer, nonce } = this.#nonces.length > 0 ? this.#recognise(data) : none;
    if (answer === 'none' && !this.#asked && at - this.#reportedAt < step) return null;
    if (answer !== 'echo') {
      this.#asked = false;
      this.#reportedAt = at;
    }
    return { answer, nonce };
  }

  #recognise(data) {
    const nonce = this.#nonceOf(data);
    if (nonce === 0 && this.#pong === undefined) return { answer: 'plain', nonce };
    if (nonce === 0 || this.#nonces.includes(nonce)) return { answer: 'pong', nonce };
    return data === this.#last ? { answer: 'echo', nonce: 0 } : none;
  }

  // The nonce of a pong, 0 when it has none; null for any other message.
  #nonceOf(data) {
    const pong = this.#pong;
    if (typeof pong === 'string') return data === pong ? 0 : null;
    const found = pong === undefined ? defaultPong(data) : guarded(() => pong(data));
    if (typeof found === 'number') return found >>> 0;
    return found === true ? 0 : null;
  }
}

const none = { answer: 'none', nonce: 0 };

// A JSON object with "type":"pong" and perhaps the "nonce".
function defaultPong(data) {
  if (typeof data !== 'string' || data.length > longestPong || data[0] !== '{' || !data.includes('"pong"')) return false;
  try {
    const { type, nonce } = JSON.parse(data);
    return type === 'pong' && (Number.isInteger(nonce) ? nonce : true);
  } catch {
    return false; // not for us
  }
}

// What a message is to the heartbeat. Go decides when to ask and what silence means (wasm/tether/heartbeat.go); here is what
// needs the messages themselves.

const longestPong = 512; // characters: a longer message is no pong
const step = 1000; // milliseconds between two signs of life that the engine is told of while no answer is due

/** Heartbeat tells what of the messages of one link matters to the engine. */
export class Heartbeat {
  #ping;
  #pong;
  #last; // the ping under way, to know its echo
  #asked = false; // nothing was heard since the last ping
  #told = -Infinity; // when the engine was last told

  constructor({ ping, pong }) {
    this.#ping = ping;
    this.#pong = pong;
  }

  /** opened begins anew: nothing of another connection counts. */
  opened() {
    this.#last = undefined;
    this.#asked = false;
    this.#told = -Infinity;
  }

  /** ask returns the message to send for a ping. */
  ask(nonce) {
    this.#asked = true;
    this.#last = typeof this.#ping === 'function' ? this.#ping(nonce) : this.#ping ?? `{"type":"ping","nonce":${nonce}}`;
    return this.#last;
  }

  /**
   * hear returns {answer, nonce} when the engine is to know of a message, and null for the others: a busy connection is not
   * asked to cross into WebAssembly for each of its messages. Pongs and echoes are not for the page.
   */
  hear(data, at) {
    const nonce = this.#nonceOf(data);
    if (nonce === null && data === this.#last) return { answer: 'echo', nonce: 0 };
    if (nonce === null && !this.#asked && at - this.#told < step) return null;
    this.#asked = false;
    this.#told = at;
    return nonce === null ? { answer: 'none', nonce: 0 } : { answer: 'pong', nonce };
  }

  // The nonce of a pong, 0 when it has none; null for any other message.
  #nonceOf(data) {
    const pong = this.#pong;
    if (typeof pong === 'string') return data === pong ? 0 : null;
    const found = pong === undefined ? defaultPong(data) : asked(pong, data);
    if (typeof found === 'number') return found >>> 0;
    return found === true ? 0 : null;
  }
}

// A function of the page that throws must not keep a message from it.
function asked(pong, data) {
  try {
    return pong(data);
  } catch (error) {
    reportError(error);
    return false;
  }
}

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

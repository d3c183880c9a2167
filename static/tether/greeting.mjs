// The first words of a connection: what resilient.hello sends, before anything that is queued, and the answers it waits for.

/** Greeting is one call of hello, on one connection. */
export class Greeting {
  #host;
  #room;
  #kept = []; // messages that hello did not ask for: they follow the open event
  #bytes = 0;
  #asking = []; // of answer(): {resolve, reject}
  #ending = new AbortController();

  /** host is {send(value), decode(data), asked()}: asked, which may be missing, is called when hello waits for an answer. room bounds what is kept: {queueMessages, queueBytes}. */
  constructor(host, room) {
    this.#host = host;
    this.#room = room;
  }

  /** run calls hello(connection) and sends what it returns. It rejects when hello does, or when the greeting is over. */
  async run(hello, facts) {
    const { signal } = this.#ending;
    const over = new Promise((_, reject) => { signal.addEventListener('abort', () => reject(signal.reason)); });
    over.catch(() => {}); // when hello has its result first
    const connection = { ...facts, signal, send: (value) => this.#send(value), answer: () => this.#answer() };
    const words = await Promise.race([new Promise((resolve) => { resolve(hello(connection)); }), over]);
    for (const word of Array.isArray(words) ? words : [words]) if (word !== undefined) this.#send(word);
  }

  /** take accepts a message that arrives meanwhile; false means that there is no room to keep it. */
  take(message, bytes) {
    const next = this.#asking.shift();
    if (next) {
      this.#settle(next, message);
      return true;
    }
    this.#kept.push(message);
    this.#bytes += bytes;
    return this.#kept.length <= this.#room.queueMessages && this.#bytes <= this.#room.queueBytes;
  }

  /** over ends the greeting and returns the messages that hello did not ask for. */
  over() {
    this.end(new DOMException('tether: hello is over', 'InvalidStateError'));
    return this.#kept.splice(0);
  }

  /** end makes everything that waits reject with reason. */
  end(reason) {
    this.#ending.abort(reason);
    for (const { reject } of this.#asking.splice(0)) reject(reason);
  }

  #send(value) {
    this.#ending.signal.throwIfAborted();
    this.#host.send(value);
  }

  #answer() {
    return new Promise((resolve, reject) => {
      this.#ending.signal.throwIfAborted();
      if (this.#kept.length > 0) this.#settle({ resolve, reject }, this.#kept.shift());
      else this.#await({ resolve, reject });
    });
  }

  #await(asking) {
    this.#asking.push(asking);
    this.#host.asked?.();
  }

  #settle({ resolve, reject }, { data }) {
    try {
      resolve(this.#host.decode(data));
    } catch (error) {
      reject(error);
    }
  }
}

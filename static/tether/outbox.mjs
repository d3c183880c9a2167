// The messages that wait for a connection: in order, bounded by count and by bytes.

/** Outbox keeps payloads {data, bytes}. Past a bound it does what `overflow` says, and reports it. */
export class Outbox {
  #payloads = [];
  #bytes = 0;
  #limits;
  #dropped;

  /** dropped(payloads) is called with what a bound pushed out. */
  constructor({ queueMessages, queueBytes, overflow }, dropped) {
    this.#limits = { messages: queueMessages, bytes: queueBytes, overflow };
    this.#dropped = dropped;
  }

  get length() { return this.#payloads.length; }
  get bytes() { return this.#bytes; }

  /** push appends one payload. With overflow "reject" it throws QuotaExceededError when the payload has no room. */
  push(payload) {
    const { overflow, messages, bytes } = this.#limits;
    const fits = payload.bytes <= bytes && messages > 0;
    if (overflow === 'drop-oldest' && fits) this.#makeRoom(payload);
    if (this.#hasRoom(payload)) {
      this.#payloads.push(payload);
      this.#bytes += payload.bytes;
    } else if (overflow === 'reject') {
      throw new DOMException(`tether: the queue of unsent messages is full (${this.length} of ${messages} messages, ${this.#bytes} of ${bytes} bytes); `
        + 'wait for the open event, or choose resilient.overflow', 'QuotaExceededError');
    } else {
      this.#dropped([payload]);
    }
  }

  /** flush hands payloads to send in order, each leaving the queue only when send returns true for it. */
  flush(send) {
    while (this.#payloads.length > 0 && send(this.#payloads[0])) this.#take(1);
  }

  /** clear empties the queue and returns how much was in it. */
  clear() { return this.#take(this.#payloads.length); }

  #hasRoom(payload) {
    return this.#payloads.length < this.#limits.messages && this.#bytes + payload.bytes <= this.#limits.bytes;
  }

  #makeRoom(payload) {
    let n = 0;
    let freed = 0;
    while (this.#payloads.length - n >= this.#limits.messages || this.#bytes - freed + payload.bytes > this.#limits.bytes) {
      freed += this.#payloads[n++].bytes;
    }
    if (n > 0) this.#dropped(this.#take(n));
  }

  #take(n) {
    const taken = this.#payloads.splice(0, n);
    for (const { bytes } of taken) this.#bytes -= bytes;
    return taken;
  }
}

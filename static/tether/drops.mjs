// Reports dropped messages. A page that goes on sending to a socket that has closed must not get an event for each message:
// those of one turn make one event, and further events come once a second at most.

import { eventWith } from './events.mjs';

const gap = 1000; // milliseconds between two events

/** Drops gathers what add is given until the event. */
export class Drops {
  #emit;
  #gathered = new Map(); // cause → {messages, bytes}
  #timer;
  #last = -Infinity; // when an event was made

  constructor(emit) { this.#emit = emit; }

  /** add counts payloads that will never be sent. */
  add(payloads, cause) {
    const sum = this.#gathered.get(cause) ?? { messages: 0, bytes: 0 };
    sum.messages += payloads.length;
    for (const { bytes } of payloads) sum.bytes += bytes;
    this.#gathered.set(cause, sum);
    this.#timer ??= setTimeout(() => this.flush(), Math.max(0, this.#last + gap - performance.now()));
    this.#timer.unref?.(); // Node would wait for it
  }

  /** flush makes the events now: one for each cause. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#gathered.size === 0) return;
    this.#last = performance.now();
    const gathered = [...this.#gathered];
    this.#gathered.clear();
    for (const [cause, sum] of gathered) this.#emit(eventWith('drop', { ...sum, cause }));
  }
}

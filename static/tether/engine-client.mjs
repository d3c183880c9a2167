// The engine client stands between one resilient transport and the engine. It keeps events until the engine is loaded, runs the
// engine's timers, and reports when there is no engine any more.

import { engine as loadEngine } from './loader.mjs';

const patience = 1000; // milliseconds after which the engine is loaded, should nothing have happened

const longestWait = 2 ** 31 - 1; // what setTimeout can hold, in milliseconds

// performance.now() never jumps back, as the wall clock may.
const now = () => performance.now();

/** EngineClient reports to the engine what happens and has its orders executed. */
export class EngineClient {
  #settings;
  #perform;
  #orphan;
  #delayed;
  #flow;
  #engine = null; // the engine's side of the transport, once it is loaded
  #early = []; // events for it, until then
  #timers = new Map(); // number → what setTimeout returned
  #stepAt = 0; // when the event happened that the engine processes
  #load = () => {}; // loads the engine, once
  #patient; // timer after which it is loaded anyway
  #deadline; // timer after which the first attempt is given up, should there be no engine yet to do it
  #run = 0; // counts begin and leave: callbacks of an older run are dropped

  /**
   * perform(order) executes an order; flow() returns {handed, left}, the bytes of the connection; orphan(error) is called when there will be no engine; delayed(error) when it could not be
   * loaded for the first time, and will be tried again.
   */
  constructor(settings, { perform, flow, orphan, delayed }) {
    this.#settings = settings;
    this.#perform = perform;
    this.#flow = flow;
    this.#orphan = orphan;
    this.#delayed = delayed;
  }

  /**
   * begin starts again with a new engine. It is loaded when the first attempt has a result: until then
   * there is nothing to decide, and compiling would only hold up the page and its handshake.
   */
  begin() {
    this.leave();
    const run = this.#run;
    const current = (f) => (value) => { if (run === this.#run) f(value); };
    this.#load = () => {
      this.#load = () => {};
      clearTimeout(this.#patient);
      loadEngine({ wanted: () => run === this.#run, delayed: (error) => this.#delayed(error) })
        .then(current((engine) => this.#adopt(engine))).catch(current((error) => this.#fail(error)));
    };
    this.#early.push({ kind: 'start', at: now(), wall: Date.now() });
    this.#patient = setTimeout(current(() => this.#load()), patience);
    const { connectTimeout } = this.#settings;
    if (connectTimeout > 0) this.#deadline = setTimeout(current(() => this.#giveUp()), connectTimeout);
  }

  // Ends a first attempt that takes too long when the engine, whose task that is, is not loaded yet.
  #giveUp() {
    if (this.#engine || this.#early.length > 1) return;
    this.#perform({ do: 'abandon' });
    this.report({ kind: 'failed', generation: 1, reason: 'tether: connect timeout' }); // the engine's words for it
  }

  /** report passes an event on: at once, or with its time when the engine is there. */
  report(event) {
    const timed = { ...event, ...this.#flow(), at: now(), wall: Date.now() };
    if (this.#engine) {
      this.#step(timed);
      return;
    }
    this.#load();
    if (!this.#needless(event)) this.#early.push(timed);
  }

  // Events that an engine loaded later does not need: hints matter only at once, and one sign of life is as good as many.
  #needless({ kind }) { return kind === 'hint' || (kind === 'received' && this.#early.at(-1)?.kind === 'received'); }

  /** leave releases the engine: it gives no more orders. */
  leave() {
    this.#run++;
    this.#load = () => {};
    clearTimeout(this.#patient);
    clearTimeout(this.#deadline);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#engine?.detach();
    this.#engine = null;
    this.#early = [];
  }

  #adopt(engine) {
    this.#engine = engine.attach(this.#settings, {
      perform: (order) => this.#order(order),
      ended: (error) => this.#fail(error),
    });
    for (const event of this.#early.splice(0)) this.#step(event);
  }

  #fail(error) {
    this.leave();
    this.#orphan(error);
  }

  #step(event) {
    this.#stepAt = event.at;
    this.#engine?.step(event);
  }

  #order(order) {
    if (order.do === 'arm') this.#arm(order);
    else if (order.do === 'disarm') clearTimeout(this.#timers.get(order.timer));
    else this.#perform(order);
  }

  // An event from the time before the engine was loaded has used up some of the delay that it causes.
  #arm({ timer, id, delay }) {
    clearTimeout(this.#timers.get(timer));
    const left = Math.min(Math.max(delay - (now() - this.#stepAt), 0), longestWait);
    this.#timers.set(timer, setTimeout(() => this.report({ kind: 'timer', timer, id }), left));
  }
}

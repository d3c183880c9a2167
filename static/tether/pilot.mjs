// The pilot stands between one resilient link and the engine. It remembers what happens until the engine is loaded, keeps
// the engine's timers, and says when there is no engine any more.

import { engine as loadEngine } from './loader.mjs';

const patience = 1000; // milliseconds after which the engine is loaded, should nothing have happened

const longestWait = 2 ** 31 - 1; // what setTimeout can hold, in milliseconds

// performance.now() never jumps back, as the wall clock may.
const now = () => performance.now();

/** Pilot tells the engine what happens and has its orders performed. */
export class Pilot {
  #settings;
  #perform;
  #orphan;
  #engine = null; // the engine's side of the link, once it is loaded
  #early = []; // events for it, until then
  #timers = new Map(); // number → what setTimeout returned
  #stepAt = 0; // when that happened which the engine is being told
  #load = () => {}; // loads the engine, once
  #patient; // timer after which it is loaded anyway
  #deadline; // timer after which the first attempt is given up, should there be no engine yet to do it
  #journey = 0; // counts begin and leave: what an older one still had under way is dropped

  /** perform(order) carries an order out; orphan(error) is told that there will be no engine. */
  constructor(settings, perform, orphan) {
    this.#settings = settings;
    this.#perform = perform;
    this.#orphan = orphan;
  }

  /**
   * begin starts anew with an engine that knows nothing yet. It is loaded when the first attempt has come to something: until then
   * there is nothing to decide, and compiling would only hold up the page and its handshake.
   */
  begin() {
    this.leave();
    const journey = this.#journey;
    const current = (f) => (value) => { if (journey === this.#journey) f(value); };
    this.#load = () => {
      this.#load = () => {};
      clearTimeout(this.#patient);
      loadEngine().then(current((engine) => this.#adopt(engine)), current((error) => this.#fail(error)));
    };
    this.#early.push({ kind: 'start', at: now(), wall: Date.now() });
    this.#patient = setTimeout(current(() => this.#load()), patience);
    const { connectTimeout } = this.#settings;
    if (connectTimeout > 0) this.#deadline = setTimeout(current(() => this.#giveUp()), connectTimeout);
  }

  // A first attempt that has come to nothing in time ends here when the engine, whose task it is, is not there yet.
  #giveUp() {
    if (this.#engine || this.#early.length > 1) return;
    this.#perform({ do: 'abandon' });
    this.tell({ kind: 'failed', generation: 1, reason: 'tether: connect timeout' }); // the engine's words for it
  }

  /** tell reports an event: at once, or with its time when the engine is there. */
  tell(event) {
    const timed = { ...event, at: now(), wall: Date.now() };
    if (this.#engine) {
      this.#step(timed);
      return;
    }
    this.#load();
    if (!this.#needless(event)) this.#early.push(timed);
  }

  // What an engine that comes later need not know: hints are of the moment, and one sign of life is as good as many.
  #needless({ kind }) { return kind === 'hint' || (kind === 'received' && this.#early.at(-1)?.kind === 'received'); }

  /** leave lets go of the engine: it orders nothing any more. */
  leave() {
    this.#journey++;
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
    this.#timers.set(timer, setTimeout(() => this.tell({ kind: 'timer', timer, id }), left));
  }
}

// What a TetherSocket knows beyond the WebSocket that it is. It is stamped on the object, since a socket may be one of two
// things: a native WebSocket (plain), or an EventTarget in front of a link (everything else).

import { newStats } from './stats.mjs';

const mostTransitions = 100; // kept for explain(); the oldest give way

/** Core belongs to one socket. link is null when the socket is a native WebSocket itself. */
export class Core {
  link = null;
  codec = null;
  tell = null; // what tells a panel of the socket, while there is one
  stats = newStats();
  counting = false; // whether the messages of a native WebSocket are counted
  extras = {}; // what is made on first use: streams, the gate of sendAsync, requests
  #transitions = [];

  /** note keeps a transition for explain(). */
  note(transition) {
    this.#transitions.push({ at: Date.now(), ...transition });
    if (this.#transitions.length > mostTransitions) this.#transitions.shift();
  }

  /** explain returns copies, oldest first. */
  explain() { return this.#transitions.map((transition) => ({ ...transition })); }
}

// A class whose constructor returns another object leaves its private fields on that object: a stamp that costs nothing
// to read, that nobody can forge, and that keeps no socket alive.
class Stamp extends (function itself(object) { return object; }) {
  #core;
  constructor(object, core) {
    super(object);
    this.#core = core;
  }
  static read(object) { return object.#core; }
  static has(object) { return #core in object; }
}

/** stamp gives the object its core, which coreOf then returns. */
export function stamp(object, core) { new Stamp(object, core); }

/** coreOf throws TypeError when object is no TetherSocket, as a native member does for a wrong receiver. */
export function coreOf(object) { return Stamp.read(object); }

/** hasCore tells whether object is a TetherSocket whose construction is complete. */
export function hasCore(object) { return Stamp.has(object); }

// The state of a TetherSocket beyond the WebSocket that it is. It is stamped on the object, since a socket may be one of two
// things: a native WebSocket (plain), or an EventTarget in front of a transport (everything else).

import { newStats } from './stats.mjs';

const mostTransitions = 100; // kept for explain(); the oldest give way

/** SocketState belongs to one socket. transport is null when the socket is a native WebSocket itself. */
export class SocketState {
  transport = null;
  codec = null;
  inspector = null; // reports the socket to a panel, while there is one
  stats = newStats();
  counting = false; // whether the messages of a native WebSocket are counted
  extras = {}; // what is made on first use: streams, the send queue of sendAsync, requests
  #transitions = [];

  /** reportSent shows a panel, while there is one, what was handed to a connection. What is no binary message is sent as a text. */
  reportSent(data) {
    this.inspector?.message(0, ArrayBuffer.isView(data) || data instanceof ArrayBuffer || data instanceof Blob ? data : String(data));
  }

  /** note keeps a transition for explain(). */
  note(transition) {
    this.#transitions.push({ at: Date.now(), ...transition });
    if (this.#transitions.length > mostTransitions) this.#transitions.shift();
  }

  /** explain returns copies, oldest first. */
  explain() { return this.#transitions.map((transition) => ({ ...transition })); }
}

// A class whose constructor returns another object leaves its private fields on that object: a stamp that costs nothing
// to read, that cannot be forged, and that keeps no socket alive.
class Stamp extends (function itself(object) { return object; }) {
  #socketState;
  constructor(object, socketState) {
    super(object);
    this.#socketState = socketState;
  }
  static read(object) { return object.#socketState; }
  static has(object) { return #socketState in object; }
}

/** stamp gives the object its socketState, which stateOf then returns. */
export function stamp(object, socketState) { new Stamp(object, socketState); }

/** stateOf throws TypeError when object is no TetherSocket, as a native member does for a wrong receiver. */
export function stateOf(object) { return Stamp.read(object); }

/** hasState reports whether object is a TetherSocket whose construction is complete. */
export function hasState(object) { return Stamp.has(object); }

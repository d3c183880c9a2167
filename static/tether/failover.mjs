// The servers of a resilient socket with the setting failover, how they do, and the choice among them: as tether.WithFailover in Go has it.

import { checkAddress } from './address.mjs';

const avoidFor = 60_000; // milliseconds for which a server that failed is avoided

/** Servers remembers for each server when it failed. */
export class Servers {
  #list; // {address, failed, until, refused}
  #current;

  /** first and others are addresses: texts, or functions that are asked for one. It throws what the constructor of a socket throws. */
  constructor(first, others) {
    const addresses = [typeof first === 'function' ? first : checkAddress(first).url, ...others];
    if (new Set(addresses).size < addresses.length) throw new TypeError('tether: resilient.failover names a server twice');
    this.#list = addresses.map((address) => ({ address, failed: 0, until: 0, refused: false }));
    [this.#current] = this.#list;
  }

  /** next returns the address for the next attempt: of the first server that is good, or of the one that failed first. */
  next() {
    const now = performance.now();
    this.#current = this.#list.reduce((best, server) => {
      const [old, rank] = [rankOf(best, now), rankOf(server, now)];
      return rank < old || (rank === old && rank > 0 && server.failed < best.failed) ? server : best;
    });
    return this.#current.address;
  }

  /** opened: the current server is good, and refusals of the others are forgotten. */
  opened() {
    for (const server of this.#list) server.refused = false;
    Object.assign(this.#current, { failed: 0, until: 0 });
  }

  /**
   * failed notes that a connection to the current server ended, or an attempt, which the server refused in a way that would end the
   * socket. It returns {elsewhere, others}: another server is good; another one has not refused.
   */
  failed(refused) {
    const now = performance.now();
    Object.assign(this.#current, { failed: now, until: now + avoidFor });
    this.#current.refused ||= refused;
    const best = Math.min(...this.#list.map((server) => rankOf(server, now)));
    return { elsewhere: best === 0, others: best < 2 };
  }
}

// 0 is good, 1 is avoided, 2 refuses.
const rankOf = ({ refused, until }, now) => (refused && 2) || Number(now < until);

/** refuses reports whether an HTTP status ends a socket: those of which tether.DefaultDecide says so. */
export const refuses = (status) => (status >= 200 && status < 300) || status === 501 || status === 505
  || (status >= 400 && status < 500 && ![408, 425, 429].includes(status));

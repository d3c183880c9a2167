// The first words of a shared socket. The hub has the connection and the tabs have the function hello, so the hub asks one tab
// to speak: it says {tell: 'greet'|'answer'|'hush', turn, …}, and the tab {do: 'greeting', turn, what: 'send'|'ask'|'done'|'failed', …}.

import { Greeting } from './greeting.mjs';
import { sizeOf, toPayload } from './rules.mjs';

const ended = () => new DOMException('tether: hello: the connection has ended', 'AbortError');

/** Spokesman is the hub's side: its hello is that of the transport. */
export class Spokesman {
  #hub;
  #members; // id → {post, refused}: refused is the turn in which it failed for the last time
  #turns = 0;
  #current = null; // {turn, id, connection, resolve, reject}

  constructor(hub, members) {
    this.#hub = hub;
    this.#members = members;
  }

  /** hello lets a tab speak: the first that joined, or after a failure the one that has not failed for the longest time. */
  async hello(connection) {
    const [[id, member] = []] = [...this.#members].sort(([, a], [, b]) => a.refused - b.refused);
    if (!member) throw new Error('tether: hello: there is no tab to speak');
    const number = ++this.#turns;
    const turn = `${this.#hub}:${number}`;
    const { attempt, url, protocol, signal } = connection;
    const spoken = new Promise((resolve, reject) => { this.#current = { turn, id, connection, resolve, reject }; });
    signal.addEventListener('abort', () => { if (this.#current?.turn === turn) this.lost(id); }, { once: true });
    member.post({ tell: 'greet', turn, attempt, url, protocol });
    try {
      await spoken;
    } catch (error) {
      member.refused = number;
      member.post({ tell: 'hush', turn });
      throw error;
    } finally {
      if (this.#current?.turn === turn) this.#current = null;
    }
  }

  /** receive takes what member id says in its turn. */
  receive(id, { turn, what, data, message, permanent }) {
    const now = this.#current;
    if (now?.turn !== turn || now.id !== id) return;
    switch (what) {
      case 'send': return this.#send(now, data);
      case 'ask': return now.connection.answer().then((answer) => this.#members.get(id)?.post({ tell: 'answer', turn, data: answer }), now.reject);
      case 'done': return now.resolve();
      case 'failed': return now.reject(Object.assign(new Error(message), { permanent }));
      default: return undefined;
    }
  }

  #send({ connection, reject }, data) {
    try {
      connection.send(data);
    } catch (error) {
      reject(error);
    }
  }

  /** lost ends the turn of a member that is gone. */
  lost(id) {
    if (this.#current?.id === id) this.#current.reject(ended());
  }
}

/** Speaker is the tab's side of one turn. */
export class Speaker {
  #turn;
  #greeting;

  /** host is {post(message), encode(value), decode(data), sent(bytes)}. */
  constructor({ turn, ...facts }, hello, host) {
    this.#turn = turn;
    const say = (what, more) => host.post({ do: 'greeting', turn, what, ...more });
    this.#greeting = new Greeting({
      send: (value) => {
        const { data, bytes } = toPayload(host.encode(value));
        say('send', { data });
        host.sent(bytes);
      },
      decode: host.decode,
      asked: () => say('ask'),
    }, { queueMessages: Infinity, queueBytes: Infinity }); // it gets only what it asked for
    const { attempt, url, protocol } = facts;
    this.#greeting.run(hello, { attempt, url, protocol }).then(() => {
      this.#greeting.over();
      say('done');
    }, (error) => say('failed', { message: String(error?.message ?? error), permanent: error?.permanent === true }));
  }

  /** receive takes the hub's messages about this turn. */
  receive({ tell, turn, data }) {
    if (turn !== this.#turn) return;
    if (tell === 'answer') this.#greeting.take({ data }, sizeOf(data));
    else this.end();
  }

  end() { this.#greeting.end(ended()); }
}

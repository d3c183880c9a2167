// Tells the panel of this origin about the WebSockets of a page that knows nothing of it:
//
//   <script src="/tap.js"></script>          before the page's own scripts; in a worker importScripts("/tap.js")
//
// Until a panel announces itself, a socket costs an entry in a list, and a message nothing. Then attempts, messages and
// ends go to it as batches of records (package internal/record), over a BroadcastChannel. What the page does works as
// before: the constructor, instanceof, constants, events, errors and return values are the browser's own.
//
// tether.mjs and tether for Go bring what only they know, through the object at Symbol.for("tetherscope.tap").
"use strict";

(() => {
  const KEY = Symbol.for("tetherscope.tap");
  const before = globalThis[KEY];
  if (before?.watch || typeof BroadcastChannel !== "function") return; // loaded twice, or nobody to tell
  const Native = globalThis.WebSocket;
  const REQUEST = 1, FRAME = 3, CLOSE = 4, NOTE = 7; // kinds of record
  const PAGE = 0x80, CLEAN = 0x20, FINAL = 0x02; // flags
  const SNAP = 64 << 10; // bytes kept of a message
  const BATCH = 256 << 10; // bytes of a batch
  const ROOM = 2 << 20; // bytes that may wait for a panel; what comes then is counted as missing
  const AHEAD = 4; // batches that a panel has not yet taken
  const SOON = 25; // ms until what was said is handed over
  const SILENT = 20_000; // ms after which a panel that says nothing is gone
  const page = Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join("");
  const encoder = new TextEncoder();
  const listen = globalThis.EventTarget.prototype.addEventListener;
  const now = () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;

  // ── records in their binary form ──

  const pieces = [];
  const uvarint = (n) => {
    const out = [];
    for (; n > 127; n = Math.floor(n / 128)) out.push((n % 128) | 128);
    out.push(n);
    pieces.push(out);
  };
  const bytes = (b) => {
    uvarint(b.length);
    pieces.push(b);
  };
  const text = (s) => bytes(encoder.encode(s.length > 4096 ? s.slice(0, 4096) + "…" : s));
  const join = (list) => {
    const out = new Uint8Array(list.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const p of list) {
      out.set(p, at);
      at += p.length;
    }
    return out;
  };
  const take = () => join(pieces.splice(0));
  const encode = (kind, way, flags, at, conn, rest) => {
    const time = new Uint8Array(8);
    new DataView(time.buffer).setBigInt64(0, at, true);
    pieces.push([kind, way, flags | PAGE], time);
    uvarint(conn);
    rest();
    const record = take();
    uvarint(record.length);
    return join([take(), record]);
  };

  // ── what waits, and who takes it ──

  const panels = new Map(); // id → {heard, ahead}
  let channel = null;
  let batches = []; // {missed, list, size}
  let waiting = 0; // bytes
  let missed = 0;
  let number = 1;
  let timer = 0;
  let only = ""; // the panel that alone is told

  const put = (record) => {
    if (waiting + record.length > ROOM) {
      missed++;
      return;
    }
    let last = batches.at(-1);
    if (last === undefined || missed > 0 || last.size > BATCH) {
      last = { missed, list: [], size: 0 };
      batches.push(last);
      missed = 0;
    }
    last.list.push(record);
    last.size += record.length;
    waiting += record.length;
    if (last.size > BATCH) flush();
    else timer ||= setTimeout(flush, SOON);
  };

  const pack = (batch) => {
    pieces.push([2]);
    for (const n of [number, batch.list.length, batch.missed, 0]) uvarint(n);
    number += batch.list.length;
    return join([take(), ...batch.list]);
  };

  const flush = () => {
    clearTimeout(timer);
    timer = 0;
    const late = Date.now() - SILENT;
    for (const [id, p] of panels) if (p.heard < late) panels.delete(id);
    if (panels.size === 0) return quit();
    while (batches.length > 0 && [...panels.values()].every((p) => p.ahead < AHEAD)) {
      const batch = batches.shift();
      waiting -= batch.size;
      for (const [id, p] of panels) if (!only || id === only) p.ahead++;
      channel.postMessage({ kind: "batch", page, only, bytes: pack(batch) });
    }
  };

  const quit = () => {
    batches = [];
    waiting = missed = 0;
  };

  // ── connections ──

  const living = new Map(); // number → WeakRef of a handle
  let conns = 0;
  const where = () => (globalThis.document ? location.href : "worker " + location.href).slice(0, 1000);
  const on = () => panels.size > 0;

  // later keeps the order of what is said while a Blob is read.
  let reading = 0;
  let order = Promise.resolve();
  const later = (say) => {
    if (reading === 0) return say();
    order = order.then(say);
  };
  const payload = (data) => {
    if (typeof data === "string") {
      const all = encoder.encode(data.length > SNAP ? data.slice(0, SNAP) : data);
      return { op: 1, kept: all.subarray(0, SNAP), size: data.length > SNAP ? utf8Length(data) : all.length };
    }
    const b = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
    return { op: 2, kept: b.slice(0, SNAP), size: b.length };
  };
  const utf8Length = (s) => {
    let n = s.length;
    for (let i = 0; i < s.length; i++) {
      const c = s.charCodeAt(i);
      if (c > 0x7f) n += c > 0x7ff && (c < 0xd800 || c > 0xdfff) ? 2 : 1;
    }
    return n;
  };

  class Handle {
    constructor(url, about) {
      this.conn = ++conns;
      this.url = url;
      this.about = about;
      this.began = now();
      this.counts = [0, 0];
      this.ended = false;
      this.attach = null; // called once, when somebody listens
      if (conns % 64 === 0) prune();
      living.set(this.conn, new WeakRef(this));
      if (on()) this.begin();
    }
    begin(again = false) {
      this.say(REQUEST, 0, this.began, () => {
        uvarint(0);
        text(this.url);
        text(where() + (this.about ? " · " + this.about : ""));
      });
      const attach = this.attach;
      this.attach = null;
      attach?.();
      if (again) this.note("joined", "it was there before the panel: what passed until now is not known");
    }
    say(kind, flags, at, rest, way = 0) {
      if (on()) put(encode(kind, way, flags, at, this.conn, rest));
    }
    note(word, reason) {
      const at = now();
      later(() => this.say(NOTE, 0, at, () => {
        text(word);
        text(String(reason ?? ""));
      }));
    }
    opened(subprotocol, extensions) {
      this.note("open", (subprotocol ? "subprotocol " + subprotocol : "no subprotocol") + (extensions ? "; extensions " + extensions : ""));
    }
    message(way, data) {
      if (!on()) return;
      const at = now();
      if (globalThis.Blob && data instanceof Blob) {
        reading++;
        const read = data.slice(0, SNAP).arrayBuffer().then((b) => ({ op: 2, kept: new Uint8Array(b), size: data.size }), () => ({ op: 2, kept: new Uint8Array(0), size: data.size }));
        order = order.then(async () => {
          this.frame(way, at, await read);
          reading--;
        });
        return;
      }
      const p = payload(data);
      later(() => this.frame(way, at, p));
    }
    frame(way, at, { op, kept, size }) {
      const n = ++this.counts[way];
      this.say(FRAME, FINAL, at, () => {
        pieces.push([0x80 | op, size < 126 ? 2 : size < 65536 ? 4 : 10]);
        for (const v of [size, 0, 0, n]) uvarint(v);
        bytes(kept);
        for (const v of [1, size, size]) uvarint(v);
      }, way);
    }
    closed(code, reason, clean) {
      const at = now();
      this.ended = true;
      living.delete(this.conn);
      later(() => this.say(CLOSE, clean ? CLEAN : 0, at, () => {
        pieces.push([0, code & 255, code >> 8]);
        uvarint(0);
        text(reason);
      }));
    }
  }
  const prune = () => {
    for (const [n, ref] of living) if (!ref.deref() || ref.deref().gone?.()) living.delete(n);
  };

  // ── panels ──

  const relays = new Set(); // of this document: static/extension/relay.js
  if (globalThis.document) listen.call(document, "tetherscope", (e) => relays.size < 16 && relays.add(String(e.detail)));
  const hear = ({ data: m }) => {
    if (m?.kind === "hello") {
      if (m.own && globalThis.document && !relays.has(m.panel)) return; // of another tab's developer tools
      const known = panels.get(m.panel);
      if (known) known.heard = Date.now();
      if (known || panels.size >= 16) return;
      flush();
      panels.set(m.panel, { heard: Date.now(), ahead: 0 });
      prune();
      only = m.panel; // the others know already
      for (const ref of living.values()) ref.deref()?.begin(true);
      flush();
      only = "";
    } else if (m?.kind === "taken" && m.page === page) {
      const p = panels.get(m.panel);
      if (p) {
        p.ahead--;
        p.heard = Date.now();
        flush();
      }
    } else if (m?.kind === "bye") {
      panels.delete(m.panel);
      if (panels.size === 0) quit();
    }
  };
  const enter = () => {
    channel = new BroadcastChannel("tetherscope.v1");
    channel.onmessage = hear;
    channel.postMessage({ kind: "page", page });
  };
  const leave = () => { // an open channel would keep the page out of the back/forward cache
    flush();
    channel.close();
    panels.clear();
    quit();
  };
  enter();
  if (globalThis.document) {
    listen.call(globalThis, "pagehide", leave);
    listen.call(globalThis, "pageshow", (e) => e.persisted && enter());
  }

  const api = { page, WebSocket: Native, open: (url, about) => new Handle(url, about), watch, get listening() { return on(); } };
  Object.defineProperty(globalThis, KEY, { value: api, configurable: true });

  // ── the page's own sockets ──

  const handles = new WeakMap();
  function watch(socket, about) {
    const handle = new Handle(socket.url, about);
    const ref = new WeakRef(socket);
    handle.gone = () => (ref.deref()?.readyState ?? 3) === 3;
    handles.set(socket, handle);
    const attach = () => {
      const s = ref.deref();
      if (!s) return;
      if (s.readyState === 1) handle.opened(s.protocol, s.extensions);
      listen.call(s, "open", () => handle.opened(s.protocol, s.extensions), true);
      listen.call(s, "message", (e) => handle.message(1, e.data), true);
      listen.call(s, "close", (e) => handle.closed(e.code, e.reason, e.wasClean), true);
    };
    if (on()) attach();
    else handle.attach = attach;
    return handle;
  }
  if (before?.quiet || !Native) return; // tether.mjs asked for it: it tells of its own sockets itself

  const attempt = (f) => {
    try {
      f();
    } catch (error) { // whatever goes wrong here is none of the page's business
      console.debug("tetherscope:", error);
    }
  };
  const send = Object.getOwnPropertyDescriptor(Native.prototype, "send");
  Object.defineProperty(Native.prototype, "send", {
    ...send,
    value: new Proxy(send.value, {
      apply(target, self, args) {
        const out = Reflect.apply(target, self, args);
        if (on()) {
          attempt(() => {
            const handle = handles.get(self);
            if (handle && self.readyState === 1) handle.message(0, typeof args[0] === "object" ? args[0] : String(args[0]));
            else handle?.note("drop", "sent while the socket was closing or closed: the browser leaves it out");
          });
        }
        return out;
      },
    }),
  });
  const Tapped = new Proxy(Native, {
    construct(target, args, newTarget) {
      const socket = Reflect.construct(target, args, newTarget);
      attempt(() => watch(socket));
      return socket;
    },
  });
  Object.defineProperty(Native.prototype, "constructor", { value: Tapped, writable: true, configurable: true });
  Object.defineProperty(globalThis, "WebSocket", { value: Tapped, writable: true, configurable: true });
})();

// Reports the WebSockets of a page to the panel of this origin; the page needs no change:
//
//   <script src="/tap.js"></script>          before the page's own scripts; in a worker importScripts("/tap.js")
//
// Until a panel announces itself, a socket costs an entry in a list, and a message nothing. Then attempts, messages and
// ends go to it as batches of records (package internal/capture/record), over a BroadcastChannel. What the page does works as
// before: the constructor, instanceof, constants, events, errors and return values are the browser's own.
//
// tether.mjs and tether for Go bring what only they know, through the object at Symbol.for("tetherscope.tap").
//
// The browser extension calls the same function (ci/extension) in documents of an inspected tab, and in no other: with the secret
// name of a channel to its relay. Then it may come after the page's scripts, and leaves nothing when the developer tools close.
((tools) => {
  "use strict";
  const KEY = Symbol.for("tetherscope.tap");
  const CHANNEL = tools || "tetherscope.v1";
  const before = globalThis[KEY];
  if (typeof BroadcastChannel !== "function") return; // no way to reach a panel
  if (!tools && before?.watch && !before.leave) return; // loaded twice
  const earlier = tools ? before?.leave?.() ?? [] : []; // sockets of an earlier call by the extension, which this one replaces
  const Native = globalThis.WebSocket;
  const REQUEST = 1, FRAME = 3, CLOSE = 4, END = 5, NOTE = 7; // kinds of record
  const PAGE = 0x80, CLEAN = 0x20, FINAL = 0x02; // flags
  const SNAP = 1 << 20; // bytes kept of a message
  const BATCH = 256 << 10; // bytes of a batch
  const ROOM = 8 << 20; // bytes that may wait for a panel; what comes then is counted as missing
  const AHEAD = 4; // batches that a panel has not yet taken
  const SOON = 25; // ms until records are handed over
  const SILENT = 20_000; // ms after which a silent panel is gone
  const JOINED = "it was there before the panel: what passed until now is not known";
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

  const panels = new Map(); // id → {seen, ahead}
  let channel = null;
  let batches = []; // {missed, list, size}
  let waiting = 0; // bytes
  let missed = 0;
  let number = 1;
  let timer = 0;
  let only = ""; // the one panel that gets the records

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
    for (const [id, p] of panels) if (p.seen < late) panels.delete(id);
    if (panels.size === 0) return quit();
    while (batches.length > 0 && [...panels.values()].every((p) => p.ahead < AHEAD)) {
      const batch = batches.shift();
      waiting -= batch.size;
      for (const [id, p] of panels) if (!only || id === only) p.ahead++;
      channel.postMessage({ kind: "batch", page, only, to: [...panels.keys()], bytes: pack(batch) }); // to: the channel reaches the relays of other frames, too
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

  // later keeps the order of records while a Blob is read.
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
      this.attach = null; // called once, when a panel listens
      this.agreed = null; // subprotocol and extensions, once the socket is open
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
      if (attach) attach();
      else if (this.agreed) this.opened(...this.agreed); // an earlier panel, or none, was there when it opened
      if (again) this.note("joined", JOINED);
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
      this.agreed = [subprotocol, extensions];
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
    left() { // the page goes, and nothing of it can say how the socket ends
      this.say(END, 0, now(), () => {
        pieces.push([0, 0, 0]);
        uvarint(0);
        text("the page was left");
      });
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

  const receive = ({ data: m }) => {
    if (m?.kind === "hello") {
      const known = panels.get(m.panel);
      if (known) known.seen = Date.now();
      if (known || panels.size >= 16) return;
      flush();
      panels.set(m.panel, { seen: Date.now(), ahead: 0 });
      prune();
      only = m.panel; // the others know already
      for (const ref of living.values()) ref.deref()?.begin(true);
      flush();
      only = "";
    } else if (m?.kind === "taken" && m.page === page) {
      const p = panels.get(m.panel);
      if (p) {
        p.ahead--;
        p.seen = Date.now();
        flush();
      }
    } else if (m?.kind === "bye") {
      panels.delete(m.panel);
      if (panels.size === 0) quit();
      if (tools) restore();
    }
  };
  const enter = () => {
    channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = receive;
    channel.postMessage({ kind: "page", page });
  };
  const leave = ({ persisted }) => { // an open channel would keep the page out of the back/forward cache
    if (!persisted) for (const ref of living.values()) ref.deref()?.left();
    flush();
    channel.close();
    panels.clear();
    quit();
    if (tools) restore(); // the extension comes to a page that is shown again, too
  };
  enter();
  if (globalThis.document) {
    listen.call(globalThis, "pagehide", leave);
    if (!tools) listen.call(globalThis, "pageshow", (e) => e.persisted && enter());
  }

  // replace changes a property until restore.
  const replaced = [];
  const replace = (object, name, change) => {
    const was = Object.getOwnPropertyDescriptor(object, name);
    Object.defineProperty(object, name, { configurable: true, ...was, ...change });
    replaced.push([object, name, was, change]);
  };
  function restore() {
    channel.close();
    panels.clear();
    quit();
    globalThis.removeEventListener?.("pagehide", leave);
    for (const [object, name, was, change] of replaced.splice(0).reverse()) {
      const is = Object.getOwnPropertyDescriptor(object, name);
      if (!is || Object.keys(change).some((k) => is[k] !== change[k])) continue; // changed again by the page
      if (was) Object.defineProperty(object, name, was);
      else delete object[name];
    }
    return [...living.values()].map((ref) => ref.deref()?.socket?.()).filter(Boolean);
  }

  const handles = new WeakMap();
  const tethers = new WeakSet(); // sockets that tether reports itself, where the extension must not find them
  const Behind = tools && Native ? new Proxy(Native, {
    construct(target, args, newTarget) {
      const socket = Reflect.construct(target, args, newTarget);
      tethers.add(socket);
      return socket;
    },
  }) : Native;
  const api = { page, WebSocket: Behind, open: (url, about) => new Handle(url, about), watch, get listening() { return on(); } };
  if (tools) api.leave = restore;
  if (!tools) Object.defineProperty(globalThis, KEY, { value: api, configurable: true });
  else if (!before?.watch || before.leave) replace(globalThis, KEY, { value: api }); // else tether reports to the page's own

  // ── the page's own sockets ──

  function watch(socket, about) {
    const handle = new Handle(socket.url, about);
    const ref = new WeakRef(socket);
    handle.socket = () => ref.deref();
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
  if (!tools && before?.quiet || !Native) return; // tether.mjs asked for it: it reports its own sockets itself

  const attempt = (f) => {
    try {
      f();
    } catch (error) { // whatever goes wrong here is none of the page's business
      console.debug("tetherscope:", error);
    }
  };
  // found returns the handle of a socket. One that the page made before the extension came is found when it is used.
  const found = (socket) => {
    const known = handles.get(socket);
    if (known || !tools || tethers.has(socket)) return known;
    const handle = watch(socket);
    handle.note("joined", JOINED);
    return handle;
  };
  const send = Object.getOwnPropertyDescriptor(Native.prototype, "send");
  replace(Native.prototype, "send", {
    value: new Proxy(send.value, {
      apply(target, self, args) {
        const out = Reflect.apply(target, self, args);
        if (on()) {
          attempt(() => {
            const handle = found(self);
            if (handle && self.readyState === 1) handle.message(0, typeof args[0] === "object" ? args[0] : String(args[0]));
            else handle?.note("drop", "sent while the socket was closing or closed: the browser leaves it out");
          });
        }
        return out;
      },
    }),
  });
  if (tools) {
    const { get: targetOf } = Object.getOwnPropertyDescriptor(Event.prototype, "target");
    const { get: dataOf } = Object.getOwnPropertyDescriptor(MessageEvent.prototype, "data");
    replace(MessageEvent.prototype, "data", {
      get: new Proxy(dataOf, {
        apply(target, self, args) {
          const out = Reflect.apply(target, self, args);
          attempt(() => {
            const socket = on() && targetOf.call(self);
            if (socket instanceof Native && !handles.has(socket)) found(socket)?.message(1, out);
          });
          return out;
        },
      }),
    });
    earlier.forEach(found);
  }
  const Tapped = new Proxy(Native, {
    construct(target, args, newTarget) {
      const socket = Reflect.construct(target, args, newTarget);
      attempt(() => watch(socket));
      return socket;
    },
  });
  replace(Native.prototype, "constructor", { value: Tapped });
  replace(globalThis, "WebSocket", { value: Tapped });
})("");

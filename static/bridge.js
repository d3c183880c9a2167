// bridge.js: the quick way between a page's WebSockets and a Go program compiled to WebAssembly that uses the package
// tether. Load it with one line before the program is started, before or after wasm_exec.js:
//
//     <script src="bridge.js"></script>      or, in a module or a worker:  import "./bridge.js"
//
// Without it tether works too, over plain syscall/js, at about three times the CPU for each message.
//
// What passes here, and why it is quick. Events of the browser's WebSocket are written as records straight into a
// buffer in Go's memory (the inbox), text by TextEncoder.encodeInto: no JavaScript value ever enters Go, which would cost
// it a table entry and a finalizer each. Then Go is woken: at once for a message that comes alone, and for a burst of them
// once in every turn of the event loop. A lone message never waits; a flood does not pay for a wake each. Outbound, Go passes a pointer and a length, and the bytes are sent from where they lie.
//
// The record format is shared with wasm/internal/jsbridge/inbox_js.go. Little-endian u32 words: kind, socket, argument,
// length; then the payload, padded to four bytes. A payload that does not fit travels in pieces, all but the last one
// with the bit MORE in their kind. Go empties the inbox whenever it is woken, so it never has to grow.
//
// It works by wrapping Go.prototype.run, which every loader calls, go-app's too; each running program gets a bridge of
// its own. A program finds it, while it initializes, under globalThis[KEY], which exists only during that call. Nothing
// else is put on globalThis, and nothing stays there.
(() => {
  "use strict";

  const KEY = "__tetherBridge";
  const WRAPPED = Symbol.for("tetherscope.bridge"); // on a run function that is wrapped already
  const OPENED = 1, TEXT = 2, BINARY = 3, CLOSED = 4, DRAINED = 5, MORE = 0x100;
  const HEADER = 16;
  const CONNECTING = 0, OPEN = 1, CLOSED_STATE = 3; // of WebSocket.readyState
  const CLOSE_FOLLOWS = 50; // milliseconds after the event error
  const BURST = 0.05; // milliseconds between messages; below the step of the coarse clock, 0.1, that most pages get
  const FIRST_LOOK = 2, LAST_LOOK = 64; // milliseconds between two looks at what is buffered
  const SHORT = 256; // UTF-16 units of a text that is copied here: to reach the browser's encoder costs as much, and more in a cold cache
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true }); // a message may begin with U+FEFF: it is content
  const NOTHING = new Uint8Array(0);

  // bridge serves one running program: go is its Go object, wasm the exports of its instance.
  function bridge(go, wasm) {
    const sockets = new Map();
    const watches = new Map();            // id of a socket → what Go waits for; see watch
    let bytes = NOTHING, words = NOTHING; // views of Go's memory
    let call = 0;                         // word in which Go's call of send begins: socket, address, length, text, answer
    let inbox = 0, size = 0;              // address of the inbox's first record, and its bytes; the word before: bytes used
    let wakeFunc = null;                  // a js.Func, where the runtime has no _resume
    let armed = false, pending = false;   // a tick is on its way; something arrived since Go was woken
    let last = 0;                         // when the last message arrived, by its event's clock

    const ticks = new MessageChannel();
    ticks.port1.onmessage = () => {
      armed = false;
      if (!pending) return;
      tick();
      wake();
    };

    // view re-takes the views after Go's memory has grown, which detaches them.
    function view() {
      if (bytes.length !== 0) return;
      bytes = new Uint8Array(wasm.mem.buffer);
      words = new Uint32Array(wasm.mem.buffer);
    }

    function used() {
      view();
      return words[(inbox >>> 2) - 1];
    }

    // wake runs Go until all its goroutines wait, and says whether Go emptied the inbox: it does unless the program has
    // ended.
    function wake() {
      pending = false;
      if (go.exited) return end();
      if (wakeFunc !== null) {
        wakeFunc();
      } else {
        wasm.tether_wake();
        go._resume();
      }
      return used() === 0 || end();
    }

    // end lets go of every socket of a program that is no more.
    function end() {
      for (const id of [...sockets.keys()]) abandon(id);
      ticks.port1.close();
      return false;
    }

    // soon wakes Go now, unless messages come in a burst: then once for all that arrive before a tick, a posted message,
    // has made its way through the event loop, and again from tick to tick while the burst lasts. A tick costs as much as
    // a wake, so none is posted for a message that comes alone.
    function soon(now) {
      const burst = now - last < BURST;
      last = now;
      if (armed) {
        pending = true;
        return;
      }
      if (burst) tick();
      wake();
    }

    function tick() {
      armed = true;
      ticks.port2.postMessage(0);
    }

    // put appends one record, in as many pieces as it takes. data is a string or a Uint8Array.
    function put(kind, id, argument, data) {
      const text = typeof data === "string", length = data.length;
      for (let from = 0; ;) {
        const at = used() + HEADER, room = size - at, most = text ? (length - from) * 3 : length - from;
        if (room < most && at > HEADER) { // more fits into an empty inbox
          if (!wake()) return;
          continue;
        }
        let n = Math.min(room, most);
        const start = inbox + at;
        if (!text) {
          bytes.set(from === 0 && n === length ? data : data.subarray(from, from + n), start);
          from += n;
        } else if (most > 0) {
          if (length <= SHORT && copyASCII(data, start)) {
            from = n = length;
          } else {
            const done = encoder.encodeInto(from === 0 ? data : data.slice(from), bytes.subarray(start, start + n));
            from += done.read;
            n = done.written;
          }
        }
        const w = (start - HEADER) >>> 2, more = from < length;
        words[w] = more ? kind | MORE : kind;
        words[w + 1] = id;
        words[w + 2] = argument;
        words[w + 3] = n;
        words[(inbox >>> 2) - 1] = at + ((n + 3) & ~3);
        if (!more) return;
        if (!wake()) return;
      }
    }

    // copyASCII writes a short text and reports whether it is all ASCII.
    function copyASCII(text, at) {
      for (let i = 0; i < text.length; i++) {
        const c = text.charCodeAt(i);
        if (c > 0x7f) return false;
        bytes[at + i] = c;
      }
      return true;
    }

    // look informs Go when no more than was watched for is buffered, for which the browser has no event. Until then the next
    // look is when the mark will be reached if things go on as since the last one, or twice as late if nothing moves.
    function look(id) {
      const w = watches.get(id), now = sockets.get(id).bufferedAmount;
      if (now <= w.mark) {
        clearTimeout(w.timer);
        watches.delete(id);
        put(DRAINED, id, 0, NOTHING);
        wake();
        return;
      }
      const fallen = w.before - now;
      w.pause = Math.min(Math.max(fallen > 0 ? w.pause * (now - w.mark) / fallen : w.pause * 2, FIRST_LOOK), LAST_LOOK);
      w.before = now;
      w.timer = setTimeout(look, w.pause, id);
    }

    function abandon(id) {
      const ws = sockets.get(id);
      if (ws === undefined) return;
      forget(id, ws);
      ws.close(); // without a code it never throws, and it ends a connecting socket too
    }

    function forget(id, ws) {
      sockets.delete(id);
      clearTimeout(watches.get(id)?.timer);
      watches.delete(id);
      ws.onopen = ws.onmessage = ws.onclose = ws.onerror = null;
    }

    // The functions that Go calls. Numbers in, numbers out, wherever a message is concerned.
    return {
      // start hands over what Go and JavaScript share: an address that is a multiple of four, where five words are for send,
      // one says how much of the inbox is used, and bytesInBox bytes are the inbox.
      start(address, bytesInBox, fallbackWake) {
        call = address >>> 2;
        inbox = address + 24;
        size = bytesInBox;
        wakeFunc = fallbackWake;
      },

      needsWakeFunc: typeof go._resume !== "function",

      // dial returns why the browser refuses even to try, or an empty string.
      dial(id, url, protocols) {
        let ws;
        try {
          ws = new WebSocket(url, protocols);
        } catch (e) {
          return String(e.message || e);
        }
        ws.binaryType = "arraybuffer";
        ws.onopen = () => {
          put(OPENED, id, ws.protocol.length, ws.protocol + ws.extensions);
          wake();
        };
        ws.onmessage = (e) => {
          const data = e.data;
          if (typeof data === "string") put(TEXT, id, data.length, data);
          else put(BINARY, id, data.byteLength, new Uint8Array(data));
          soon(e.timeStamp);
          if (watches.size > 0 && watches.has(id) && ws.bufferedAmount <= watches.get(id).mark) look(id);
        };
        const end = (code, reason) => {
          put(CLOSED, id, code, reason);
          wake(); // Go asks now how much was left in the buffer
          forget(id, ws);
        };
        ws.onclose = (e) => end(e.wasClean ? e.code | 0x10000 : e.code, e.reason);
        // No close event follows in Node when an attempt fails, nor when the content security policy forbids one.
        ws.onerror = () => setTimeout(() => {
          if (sockets.get(id) === ws && (ws.readyState === CONNECTING || ws.readyState === CLOSED_STATE)) end(1006, "");
        }, CLOSE_FOLLOWS);
        sockets.set(id, ws);
        return "";
      },

      // send answers how much is buffered once the browser has taken the message, or -1: only an open socket takes one.
      send() {
        view();
        const ws = sockets.get(words[call]), address = words[call + 1];
        words[call + 4] = -1;
        if (ws === undefined || ws.readyState !== OPEN) return;
        const p = bytes.subarray(address, address + words[call + 2]);
        try {
          ws.send(words[call + 3] === 1 ? decoder.decode(p) : p);
        } catch { // a text longer than the browser's longest string, about 512 MiB
          return;
        }
        words[call + 4] = Math.min(ws.bufferedAmount, 0x7fffffff);
      },

      buffered(id) {
        const ws = sockets.get(id);
        return ws === undefined ? 0 : ws.bufferedAmount;
      },

      // watch lets look begin. Go is running now, so it is never informed at once.
      watch(id, mark) {
        const ws = sockets.get(id);
        if (ws === undefined) return;
        clearTimeout(watches.get(id)?.timer);
        const before = ws.bufferedAmount, pause = before <= mark ? 0 : FIRST_LOOK;
        watches.set(id, { mark, before, pause, timer: setTimeout(look, pause, id) });
      },

      close(id, code, reason) {
        const ws = sockets.get(id);
        if (ws === undefined) return;
        if (code === 0) ws.close();
        else ws.close(code, reason);
      },

      abandon,
      end,
    };
  }

  function wrap(Go) {
    const run = Go.prototype.run;
    if (run[WRAPPED]) return; // this file was loaded twice
    Go.prototype.run = function (instance) {
      const wasm = instance?.exports;
      if (typeof wasm?.tether_wake !== "function") return run.call(this, instance); // a program without tether
      const outer = globalThis[KEY]; // not undefined only if one program starts another while it initializes
      const { end, ...offered } = bridge(this, wasm);
      globalThis[KEY] = offered;
      try {
        const ended = run.call(this, instance); // returns when all goroutines of the program wait
        ended.then(end, end);
        return ended;
      } finally {
        if (outer === undefined) delete globalThis[KEY];
        else globalThis[KEY] = outer;
      }
    };
    Go.prototype.run[WRAPPED] = true;
  }

  if (typeof globalThis.Go === "function") {
    wrap(globalThis.Go);
    return;
  }
  // wasm_exec.js comes later: its assignment replaces this property by an ordinary one.
  Object.defineProperty(globalThis, "Go", {
    configurable: true,
    get() { return undefined; },
    set(Go) {
      Object.defineProperty(globalThis, "Go", { value: Go, writable: true, configurable: true, enumerable: true });
      if (typeof Go === "function") wrap(Go);
    },
  });
})();

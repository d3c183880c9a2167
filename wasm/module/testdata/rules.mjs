// What a page can see of the WHATWG WebSockets standard, as functions of the class under test: each returns a value that
// the test compares between the browser's class and ours. at(path) is the URL of a script of internal/wstest.

/** Native is the browser's own class, as it was before any script could replace it. */
const Native = globalThis.WebSocket;

const once = (socket, type) => new Promise((resolve) => { socket.addEventListener(type, resolve, { once: true }); });
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// thrown returns the name and class of what f throws, or 'nothing'. Messages differ by design: they name the class.
function thrown(f) {
  try {
    f();
    return 'nothing';
  } catch (error) {
    return `${error.name} ${error instanceof DOMException ? 'DOMException' : error.constructor.name}`;
  }
}

const opened = async (WS, url, protocols) => {
  const socket = protocols === undefined ? new WS(url) : new WS(url, protocols);
  await once(socket, 'open');
  return socket;
};

const say = (event) => {
  const { type, code, reason, wasClean } = event;
  return type === 'close' ? `close ${code} ${JSON.stringify(reason)} ${wasClean}` : type;
};

// trace records the events that a page sees, with readyState at that moment, until close.
async function trace(socket, act = () => {}) {
  const seen = [];
  for (const type of ['open', 'message', 'error', 'close']) {
    socket.addEventListener(type, (event) => seen.push(`${say(event)} @${socket.readyState}`));
  }
  const end = once(socket, 'close');
  await act(socket);
  await end;
  await pause(30);
  return seen;
}

// readBack sends each value to the echo and describes what comes back.
async function readBack(WS, url, values, binaryType = 'arraybuffer') {
  const socket = await opened(WS, url);
  socket.binaryType = binaryType;
  const back = [];
  for (const value of values) {
    const reply = once(socket, 'message');
    socket.send(value);
    back.push(await describe((await reply).data));
  }
  socket.close();
  return back;
}

async function describe(data) {
  if (typeof data === 'string') return `string ${JSON.stringify(data)}`;
  const bytes = new Uint8Array(data instanceof Blob ? await data.arrayBuffer() : data);
  return `${data.constructor.name} ${[...bytes].join(' ')}`;
}

const closed = async (WS, at) => {
  const socket = await opened(WS, at('/echo'));
  const end = once(socket, 'close');
  socket.close();
  await end;
  return socket;
};

const attributes = ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol', 'binaryType'];
const handlers = ['onopen', 'onerror', 'onclose', 'onmessage'];

// named returns the class in the chain that has the constant; own, the descriptor of a member of the prototype.
const named = (WS, name) => (Object.hasOwn(WS, name) ? WS : named(Object.getPrototypeOf(WS), name));
const own = (WS, name) => Object.getOwnPropertyDescriptor(WS.prototype, name) ?? own(Object.getPrototypeOf(WS), name);
const ownerOf = (WS, name) => (Object.hasOwn(WS.prototype, name) ? WS.prototype : ownerOf(Object.getPrototypeOf(WS), name));

// made hands a socket that is connecting to f and closes it.
function made(WS, at, f) {
  const socket = new WS(at('/echo'));
  try {
    return f(socket);
  } finally {
    socket.close();
  }
}

// readBackCalls calls send with each list of arguments.
async function readBackCalls(WS, at, calls) {
  const socket = await opened(WS, at('/echo'));
  socket.binaryType = 'arraybuffer';
  const back = [];
  for (const args of calls) {
    const reply = once(socket, 'message');
    socket.send(...args);
    back.push(await describe((await reply).data));
  }
  socket.close();
  return back;
}

export const rules = {
  // ── constructor ──
  'constructor: no argument': (WS) => thrown(() => new WS()),
  'constructor: called as a function': (WS) => thrown(() => WS('ws://x')),
  'constructor: wrong URLs': (WS) => ['ws://x/#f', 'ws://x/#', 'ftp://x', 'mailto:x', 'ws://[', 'ws://x:99999', 'ws://'].map((url) => `${url} ${thrown(() => new WS(url))}`),
  'constructor: a Symbol as URL': (WS) => thrown(() => new WS(Symbol('x'))),
  'constructor: wrong protocols': (WS, at) => ['', 'a b', 'a,b', 'ü', 'a\u007f', ['a', 'a'], ['a', ''], [''], '"'].map((p) => thrown(() => new WS(at('/echo'), p))),
  'constructor: checks the URL before the protocols': (WS) => thrown(() => new WS('ftp://x', ['a', 'a'])),
  'constructor: converts protocols': async (WS, at) => {
    const socket = await opened(WS, at('/echo'), [7, 'x']);
    const { protocol } = socket;
    socket.close();
    return protocol;
  },
  'constructor: null as protocol': async (WS, at) => {
    const socket = await opened(WS, at('/echo'), null);
    const { protocol } = socket;
    socket.close();
    return protocol;
  },
  'constructor: relative, http and URL object': (WS, at) => ['/ws/echo?a=ü b', at('/echo').replace('ws:', 'http:'), new URL(at('/echo')), 'echo'].map((url) => {
    const socket = new WS(url);
    const seen = socket.url;
    socket.close();
    return seen;
  }),
  'attributes of a new socket': (WS, at) => {
    const socket = new WS(at('/echo'));
    const { readyState, bufferedAmount, extensions, protocol, binaryType, onopen, onmessage, onerror, onclose } = socket;
    socket.close();
    return { readyState, bufferedAmount, extensions, protocol, binaryType, onopen, onmessage, onerror, onclose };
  },

  // ── shape ──
  'shape: constants': (WS, at) => {
    const socket = new WS(at('/echo'));
    socket.close();
    return ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'].map((name) => [WS[name], socket[name],
      Object.getOwnPropertyDescriptor(Object.hasOwn(WS, name) ? WS : Object.getPrototypeOf(WS), name)]);
  },
  'shape: instanceof': (WS, at) => {
    const socket = new WS(at('/echo'));
    socket.close();
    return [socket instanceof WS, socket instanceof EventTarget];
  },
  'shape: attributes cannot be set': (WS, at) => {
    const socket = new WS(at('/echo'));
    socket.close();
    return ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol', 'CONNECTING'].map((name) => thrown(() => { socket[name] = 9; }));
  },
  'shape: enumerable members': (WS, at) => {
    const socket = new WS(at('/echo'));
    socket.close();
    const seen = [];
    for (const name in socket) seen.push(name);
    const wanted = ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol', 'binaryType', 'onopen', 'onerror', 'onclose', 'onmessage', 'send', 'close', 'CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];
    return wanted.filter((name) => !seen.includes(name));
  },
  'shape: number of parameters': (WS, at) => {
    const socket = new WS(at('/echo'));
    socket.close();
    return [socket.send.length, socket.close.length];
  },

  // ── binaryType ──
  'binaryType: unknown values are ignored': (WS, at) => {
    const socket = new WS(at('/echo'));
    const seen = ['arraybuffer', 'Blob', '', null, 'blob', 3].map((value) => { socket.binaryType = value; return socket.binaryType; });
    socket.close();
    return seen;
  },
  'binaryType: blob': (WS, at) => readBack(WS, at('/echo'), [new Uint8Array([1, 2, 3]), new Uint8Array()], 'blob'),

  // ── send ──
  'send: while connecting': (WS, at) => {
    const socket = new WS(at('/echo'));
    const seen = [thrown(() => socket.send('x')), thrown(() => socket.send())];
    socket.close();
    return seen;
  },
  'send: no argument, Symbol': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    const seen = [thrown(() => socket.send()), thrown(() => socket.send(Symbol('x')))];
    socket.close();
    return seen;
  },
  'send: anything else is a string': (WS, at) => readBack(WS, at('/echo'), [5, null, undefined, true, { a: 1 }, [1, 2], '', 'ünïcode \u{1f680}']),
  'send: lone surrogates become U+FFFD': (WS, at) => readBack(WS, at('/echo'), ['a\ud800b', '\udc00', '\ud83d\ude80']),
  'send: views, buffers, blobs': (WS, at) => {
    const { buffer } = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]);
    return readBack(WS, at('/echo'), [buffer, new Uint8Array(buffer, 2, 3), new DataView(buffer, 4), new Uint16Array(buffer, 2, 1), new ArrayBuffer(0), new Blob(['bl', 'ob']), new Blob([])]);
  },
  'send: takes a snapshot': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    socket.binaryType = 'arraybuffer';
    const bytes = new Uint8Array([1, 2]);
    const reply = once(socket, 'message');
    socket.send(bytes);
    bytes[0] = 9;
    const seen = await describe((await reply).data);
    socket.close();
    return seen;
  },
  'send: order of text, blob and binary': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    socket.binaryType = 'arraybuffer';
    const seen = [];
    const all = new Promise((resolve) => { socket.onmessage = ({ data }) => { if (seen.push(data) === 4) resolve(); }; });
    for (const data of ['a', new Blob(['b']), new TextEncoder().encode('c'), 'd']) socket.send(data);
    await all;
    socket.close();
    return Promise.all(seen.map(describe));
  },
  'bufferedAmount: grows in the same turn, counts UTF-8': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    const seen = ['abc', 'ü€\u{1f680}', new Uint8Array(5), new Blob(['xy'])].map((data) => { socket.send(data); return socket.bufferedAmount; });
    socket.close();
    return seen;
  },
  'bufferedAmount: returns to zero': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    const reply = once(socket, 'message');
    socket.send('x'.repeat(100));
    await reply;
    await pause(20);
    const seen = socket.bufferedAmount;
    socket.close();
    return seen;
  },
  'send: after close throws nothing and counts': async (WS, at) => {
    const socket = await closed(WS, at);
    const seen = [thrown(() => socket.send('ü')), socket.bufferedAmount, thrown(() => socket.send(new Uint8Array(3))), socket.bufferedAmount];
    return seen;
  },

  // ── close ──
  'close: codes': async (WS, at) => {
    const socket = await closed(WS, at);
    return [0, 999, 1000, 1001, 1005, 1006, 2999, 3000, 4999, 5000, 65536 + 1000, -1, 1000.4, 1000.5, NaN, '1000', 'x', null, {}, undefined].map((code) => `${String(code)} ${thrown(() => socket.close(code))}`);
  },
  'close: a fraction that rounds up': async (WS, at) => thrown(() => new WS(at('/echo')).close(999.5)),
  'close: code or reason that cannot be converted': async (WS, at) => {
    const socket = await closed(WS, at);
    return [thrown(() => socket.close(Symbol('x'))), thrown(() => socket.close(1000, Symbol('x'))), thrown(() => socket.close(1n))];
  },
  'close: reasons': async (WS, at) => {
    const socket = await closed(WS, at);
    return ['a'.repeat(123), 'a'.repeat(124), `${'a'.repeat(122)}ü`, 'ü'.repeat(62), '\u{1f680}'.repeat(31), '\ud800'.repeat(41), '\ud800'.repeat(42)].map((reason) => thrown(() => socket.close(1000, reason)));
  },
  'close: a wrong code comes before a wrong reason': async (WS, at) => thrown(() => new WS(at('/echo')).close(1, 'a'.repeat(200))),
  'close: a reason without a code': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    try {
      socket.close(undefined, 'why');
    } catch (error) {
      return error.name; // Chromium takes undefined for 0
    }
    return socket.readyState;
  },
  'close: without arguments': (WS, at) => trace(new WS(at('/echo')), async (socket) => { await once(socket, 'open'); socket.close(); }),
  'close: code and reason come back': (WS, at) => trace(new WS(at('/echo')), async (socket) => { await once(socket, 'open'); socket.close(3456, 'ünïcode'); }),
  'close: is CLOSING at once': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    socket.close();
    return socket.readyState;
  },
  'close: twice, from a listener, after the end': (WS, at) => trace(new WS(at('/echo')), async (socket) => {
    await once(socket, 'open');
    socket.addEventListener('close', () => socket.close(4000, 'again'));
    socket.close(4001);
    socket.close(4002);
  }),
  'close: while connecting': (WS, at) => trace(new WS(at('/echo')), (socket) => { socket.close(3000, 'never mind'); }),
  'close: while connecting, state': (WS, at) => {
    const socket = new WS(at('/stall'));
    socket.close();
    return socket.readyState;
  },
  'close: messages that arrive later are dropped': (WS, at) => trace(new WS(at('/push?n=50&size=10')), async (socket) => { await once(socket, 'open'); socket.close(); }),

  // ── what the peer does ──
  'peer: closes with code and reason': (WS, at) => trace(new WS(at('/close?n=2&code=4001&reason=token%20expired%20%C3%BC'))),
  'peer: closes without a code': (WS, at) => trace(new WS(at('/close?n=0&code=0'))),
  'peer: closes with 1000': (WS, at) => trace(new WS(at('/close?n=1&code=1000'))),
  'peer: ends the TCP connection': (WS, at) => trace(new WS(at('/drop?n=1'))),
  'peer: resets the TCP connection': async (WS, at) => (await trace(new WS(at('/drop?n=0&rst=1')))).at(-1),
  'peer: breaks the protocol': (WS, at) => trace(new WS(at('/badframe?n=1'))),
  'peer: refuses': (WS, at) => trace(new WS(at('/refuse?status=403'))),
  'peer: is no WebSocket': (WS, at) => trace(new WS(at('/plain'))),
  'peer: selects a subprotocol': async (WS, at) => {
    const socket = await opened(WS, at('/echo?protocol=b'), ['a', 'b']);
    const { protocol } = socket;
    socket.close();
    return protocol;
  },
  'peer: selects a subprotocol that was not offered': (WS, at) => trace(new WS(at('/echo?protocol=c'), ['a'])),

  // ── events ──
  'events: members': async (WS, at) => {
    const socket = new WS(at('/close?n=1&code=4000&reason=x'));
    const seen = [];
    for (const type of ['open', 'message', 'close']) {
      socket.addEventListener(type, (event) => seen.push([event.type, event.constructor.name, event.bubbles, event.cancelable, event.composed,
        event.target === socket, event.currentTarget === socket, event.eventPhase, event.origin, event.lastEventId, event.ports?.length, event.source]));
    }
    await once(socket, 'close');
    return seen;
  },
  'events: error is a plain Event': async (WS, at) => {
    const socket = new WS(at('/refuse?status=500'));
    const event = await once(socket, 'error');
    return [event.constructor.name, event.target === socket, event.cancelable];
  },
  'handlers: order among listeners': async (WS, at) => {
    const socket = new WS(at('/echo'));
    const seen = [];
    socket.addEventListener('open', () => seen.push('first'));
    socket.onopen = () => seen.push('old handler');
    socket.addEventListener('open', () => seen.push('last'));
    socket.onopen = function handler(event) { seen.push(`handler ${this === socket} ${event.type}`); };
    await once(socket, 'open');
    socket.close();
    return seen;
  },
  'handlers: set to null and again': async (WS, at) => {
    const socket = new WS(at('/echo'));
    const seen = [];
    socket.onopen = () => seen.push('gone');
    socket.addEventListener('open', () => seen.push('listener'));
    socket.onopen = null;
    socket.onopen = () => seen.push('handler');
    await once(socket, 'open');
    socket.close();
    return seen;
  },
  'handlers: what is not callable': (WS, at) => {
    const socket = new WS(at('/echo'));
    const object = { handleEvent() {} };
    const seen = [5, 'x', undefined, true].map((value) => { socket.onopen = value; return socket.onopen; });
    socket.onopen = object;
    seen.push(socket.onopen === object);
    socket.close();
    return seen;
  },
  'handlers: an exception stops no other': async (WS, at) => {
    const socket = new WS(at('/close?n=1&code=1000'));
    const seen = [];
    const quiet = (event) => event.preventDefault();
    addEventListener('error', quiet);
    socket.onmessage = () => { throw new Error('on purpose'); };
    socket.addEventListener('message', () => seen.push('message'));
    socket.addEventListener('close', () => seen.push('close'));
    await once(socket, 'close');
    removeEventListener('error', quiet);
    return seen;
  },
  'listeners: once and signal': async (WS, at) => {
    const socket = new WS(at('/push?n=3&size=1'));
    const seen = [];
    const stop = new AbortController();
    socket.addEventListener('message', () => seen.push('once'), { once: true });
    socket.addEventListener('message', () => { seen.push('until'); if (seen.length > 3) stop.abort(); }, { signal: stop.signal });
    socket.addEventListener('message', { handleEvent: (event) => seen.push(`object ${event.type}`) }, { once: true });
    let left = 3;
    await new Promise((resolve) => { socket.onmessage = () => { left -= 1; if (left === 0) resolve(); }; });
    socket.close();
    return seen;
  },
  'turns: open comes in a later turn': (WS, at) => {
    const socket = new WS(at('/echo'));
    let early = true;
    let when = 'none';
    socket.onopen = () => { when = early ? 'same turn' : 'later'; socket.close(); };
    early = false;
    return once(socket, 'close').then(() => when);
  },
  'turns: microtasks run between two messages': async (WS, at) => {
    const socket = new WS(at('/close?n=2&code=1000'));
    const seen = [];
    socket.onmessage = ({ data }) => { seen.push(data); queueMicrotask(() => seen.push(`after ${data}`)); };
    await once(socket, 'close');
    return seen;
  },

  // ── shape, as Web IDL defines it ──
  'shape: name of the class': (WS) => WS.name,
  'shape: what it inherits from': (WS) => [Object.getPrototypeOf(WS).name, Object.getPrototypeOf(WS.prototype) === EventTarget.prototype],
  'shape: a member that a page deletes is gone': (WS, at) => {
    const socket = new WS(at('/echo'));
    const owner = ownerOf(WS, 'protocol');
    const descriptor = Object.getOwnPropertyDescriptor(owner, 'protocol');
    delete owner.protocol;
    const gone = thrown(() => { if (socket.protocol !== undefined) throw new Error('still there'); });
    Object.defineProperty(owner, 'protocol', descriptor);
    socket.close();
    return gone;
  },
  'shape: members of its own': (WS) => [...Object.getOwnPropertyNames(WS.prototype)].sort(),
  'shape: attributes are accessors of the prototype': (WS) => [...attributes, ...handlers].map((name) => {
    const { get, set, enumerable, configurable } = own(WS, name);
    return [name, get.name, get.length, set?.name, set?.length, enumerable, configurable, 'prototype' in get];
  }),
  'shape: methods': (WS) => ['send', 'close'].map((name) => {
    const { value, writable, enumerable, configurable } = own(WS, name);
    return [value.name, value.length, writable, enumerable, configurable, 'prototype' in value, thrown(() => new value())];
  }),
  'shape: the class': (WS) => [WS.length, WS.prototype.constructor === WS, Object.getOwnPropertyDescriptor(WS, 'prototype').writable,
    Object.getOwnPropertyDescriptor(WS.prototype, 'constructor').enumerable],
  'shape: statics cannot be written, deleted or defined again': (WS) => ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'].map((name) => [
    thrown(() => { WS[name] = 9; }), thrown(() => { delete named(WS, name)[name]; }), thrown(() => { WS.prototype[name] = 9; }), WS[name]]),
  'shape: a wrong receiver': (WS) => [{}, WS.prototype, null, new EventTarget()].map((receiver) => [
    ...[...attributes, ...handlers].map((name) => thrown(() => own(WS, name).get.call(receiver))),
    ...['binaryType', ...handlers].map((name) => thrown(() => own(WS, name).set.call(receiver, 'blob'))),
    thrown(() => WS.prototype.send.call(receiver, 'x')), thrown(() => WS.prototype.close.call(receiver))]),
  'shape: an instance of the browser\'s class': (WS, at) => made(WS, at, (socket) => [socket instanceof Native, Native.prototype.isPrototypeOf(socket)]),
  'shape: string form': (WS, at) => made(WS, at, (socket) => [String(socket), Object.prototype.toString.call(socket), WS.prototype[Symbol.toStringTag]]),
  'shape: an instance has nothing of its own': (WS, at) => made(WS, at, (socket) => [Reflect.ownKeys(socket).length, JSON.stringify(socket), Object.isExtensible(socket)]),
  'shape: cannot be cloned': (WS, at) => made(WS, at, (socket) => thrown(() => structuredClone(socket))),
  'shape: subclasses': (WS, at) => {
    class Sub extends WS {
      own = 5;
      get doubled() { return this.own * 2; }
    }
    return made(Sub, at, (socket) => [socket instanceof Sub, socket instanceof WS, socket.doubled, socket.constructor === Sub, socket.readyState]);
  },
  'shape: handlers given at construction are null': (WS, at) => made(WS, at, (socket) => handlers.map((name) => socket[name])),

  // ── URLs and protocols ──
  'constructor: URLs are parsed': (WS) => ['ws://HOST', 'WS://HOST:80/', 'ws://HOST/a b?c d', 'ws://HOST/a/../b', 'ws://u:p@HOST/', '  ws://HOST/x\n', 'https://HOST/x', 'wss://HOST:443/', '//HOST/y', '?q', '', '.', '/a%23b', 'ws:HOST'].map((form) => {
    try {
      const socket = new WS(form.replace('HOST', location.host));
      const { url } = socket;
      socket.close();
      return [form, url];
    } catch (error) {
      return [form, error.name];
    }
  }),
  'constructor: more wrong URLs': (WS) => ['file:///x', 'blob:x', 'data:,x', 'javascript:0', 'ws://a b', 'ws://[1::2::3]', 'ws:', 'http://', 'wss://x#', '#', '/x#y', 'about:blank', 'ws://\u0000'].map((url) => `${url} ${thrown(() => new WS(url).close())}`),
  'constructor: URL is converted to a string once, before the protocols': (WS, at) => {
    const seen = [];
    const url = { toString() { seen.push('url'); return at('/echo'); } };
    const protocols = { *[Symbol.iterator]() { seen.push('protocols'); yield 'a'; } };
    new WS(url, protocols).close();
    return seen;
  },
  'constructor: an exception of the conversion comes through': (WS) => thrown(() => new WS({ toString() { throw new RangeError('mine'); } })),
  'constructor: protocols from any iterable': async (WS, at) => {
    const seen = [];
    for (const protocols of [new Set(['x', 'y']), (function* list() { yield 'y'; }()), [], new String('x'), 'y']) {
      const socket = await opened(WS, at('/echo'), protocols);
      seen.push(socket.protocol);
      socket.close();
    }
    return seen;
  },
  'constructor: protocols that are no list': (WS, at) => [{}, { length: 1, 0: 'a' }, 5, true, () => {}, Symbol('x'), [Symbol('x')], [undefined]].map((p) => thrown(() => new WS(at('/echo'), p).close())),
  'constructor: protocols differ by case': (WS, at) => thrown(() => new WS(at('/echo'), ['a', 'A']).close()),
  'constructor: every character of a protocol': (WS, at) => {
    const refused = [];
    for (let code = 0; code < 130; code += 1) if (thrown(() => new WS(at('/echo'), String.fromCharCode(code)).close()) !== 'nothing') refused.push(code);
    return refused;
  },
  'constructor: a place that the policy forbids': async (WS) => {
    const socket = new WS('ws://elsewhere.invalid/');
    const seen = [socket.readyState];
    for (const type of ['open', 'error', 'close']) socket.addEventListener(type, () => seen.push(type, socket.readyState));
    await once(socket, 'error');
    await pause(30);
    return seen;
  },
  'url: stays when the connection has ended': async (WS, at) => {
    const socket = await closed(WS, at);
    return [socket.url === at('/echo'), socket.protocol, socket.extensions, socket.binaryType];
  },

  // ── send, more ──
  'send and close return undefined': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    return [socket.send('x') === undefined, socket.close() === undefined];
  },
  'send: further arguments are ignored': (WS, at) => readBackCalls(WS, at, [['a', 'b'], [new Uint8Array([1]), 0, 0]]),
  'send: every kind of view': (WS, at) => {
    const { buffer } = Uint8Array.from({ length: 16 }, (_, i) => i);
    const kinds = [Int8Array, Uint8ClampedArray, Int16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array];
    return readBack(WS, at('/echo'), kinds.map((Kind) => new Kind(buffer, 8, 1)));
  },
  'send: resizable buffers and views of them': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    const buffer = new ArrayBuffer(2, { maxByteLength: 8 });
    const seen = [buffer, new Uint8Array(buffer), new DataView(buffer), new Uint8Array(buffer, 1)].map((data) => `${thrown(() => socket.send(data))} ${socket.bufferedAmount}`);
    socket.close();
    return seen;
  },
  'send: shared memory': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const seen = [thrown(() => socket.send(buffer)), thrown(() => socket.send(new Uint8Array(buffer, 0, 3))), socket.bufferedAmount];
    socket.close();
    return seen;
  },
  'send: detached buffers': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    const buffer = new ArrayBuffer(8);
    const view = new Uint8Array(buffer, 4);
    buffer.transfer();
    const seen = [thrown(() => socket.send(buffer)), thrown(() => socket.send(view)), socket.bufferedAmount];
    socket.close();
    return seen;
  },
  'send: converts once, and what the conversion throws comes through': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    let count = 0;
    socket.send({ toString() { count += 1; return 'x'; } });
    const seen = [count, thrown(() => socket.send({ toString() { throw new RangeError('mine'); } })), thrown(() => socket.send(Object.create(null))), socket.bufferedAmount];
    socket.close();
    return seen;
  },
  'send: a megabyte': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    socket.binaryType = 'arraybuffer';
    const bytes = Uint8Array.from({ length: 1 << 20 }, (_, i) => i * 7);
    const reply = once(socket, 'message');
    socket.send(bytes);
    const back = new Uint8Array((await reply).data);
    socket.close();
    return [back.length, back.every((byte, i) => byte === bytes[i])];
  },
  'send: from a message listener, in order': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    const seen = [];
    const all = new Promise((resolve) => {
      socket.onmessage = ({ data }) => { seen.push(data); if (seen.length < 40) socket.send(`${data}'`.slice(0, 3) + seen.length); else resolve(); };
    });
    socket.send('a'); socket.send('b');
    await all;
    socket.close();
    return seen;
  },
  'send: while closing throws nothing and counts': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    socket.close();
    const seen = [thrown(() => socket.send('ü€')), socket.bufferedAmount, thrown(() => socket.send(new Blob(['xyz']))), socket.bufferedAmount, thrown(() => socket.send(new Uint8Array(4))), socket.bufferedAmount];
    await once(socket, 'close');
    seen.push(socket.bufferedAmount);
    return seen;
  },
  'bufferedAmount: stands still within a turn': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    socket.send('x'.repeat(1000));
    const end = performance.now() + 20;
    while (performance.now() < end);
    const seen = socket.bufferedAmount;
    socket.close();
    return seen;
  },

  // ── binaryType, more ──
  'binaryType: converts its value': (WS, at) => made(WS, at, (socket) => [
    thrown(() => { socket.binaryType = Symbol('x'); }), thrown(() => { socket.binaryType = { toString() { throw new RangeError('mine'); } }; }),
    (socket.binaryType = { toString: () => 'arraybuffer' }, socket.binaryType), (socket.binaryType = ' blob', socket.binaryType)]),
  'binaryType: counts from the next message on': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    const kinds = ['arraybuffer', 'blob', 'arraybuffer'];
    const seen = [];
    const all = new Promise((resolve) => {
      socket.onmessage = ({ data }) => { seen.push(data.constructor.name); if (kinds.length === 0) resolve(); else socket.binaryType = kinds.shift(); };
    });
    for (let i = 0; i < 4; i += 1) socket.send(new Uint8Array([i]));
    await all;
    socket.close();
    return seen;
  },
  'binaryType: a blob has no type': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    const reply = once(socket, 'message');
    socket.send(new Blob(['x'], { type: 'text/plain' }));
    const { data } = await reply;
    socket.close();
    return [data.type, data.size, data instanceof File];
  },

  // ── close, more ──
  'close: converts code, then reason, each once': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    const seen = [];
    socket.close({ valueOf() { seen.push('code'); return 4000; } }, { toString() { seen.push('reason'); return 'r'; } });
    const { code, reason } = await once(socket, 'close');
    return [...seen, code, reason];
  },
  'close: a wrong argument leaves the state': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    const seen = [thrown(() => socket.close(1)), thrown(() => socket.close(1000, 'a'.repeat(124))), socket.readyState];
    socket.close();
    return seen;
  },
  'close: a reason of 123 bytes arrives whole': (WS, at) => trace(new WS(at('/echo')), async (socket) => { await once(socket, 'open'); socket.close(4999, `${'ü'.repeat(61)}x`); }),
  'close: 1000 and 3000': async (WS, at) => [
    await trace(new WS(at('/echo')), async (socket) => { await once(socket, 'open'); socket.close(1000); }),
    await trace(new WS(at('/echo')), async (socket) => { await once(socket, 'open'); socket.close(3000, ''); })],
  'close: from the listener of open': (WS, at) => trace(new WS(at('/push?n=3&size=1')), (socket) => { socket.onopen = () => socket.close(4005, 'at once'); }),
  'close: from the listener of a message': (WS, at) => trace(new WS(at('/push?n=30&size=1')), (socket) => { socket.onmessage = () => socket.close(4006); }),
  'close: from the listener of error': (WS, at) => trace(new WS(at('/echo')), (socket) => { socket.onerror = () => socket.close(4007); socket.close(); }),
  'close: while connecting, again with wrong arguments': (WS, at) => made(WS, at, (socket) => { socket.close(); return [thrown(() => socket.close(5)), thrown(() => socket.close(1000, 'a'.repeat(200))), socket.readyState]; }),
  'close: the data that was sent before arrives': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    for (let i = 0; i < 20; i += 1) socket.send(`m${i}`);
    socket.close(4010, 'after twenty');
    const { code, reason, wasClean } = await once(socket, 'close');
    return [code, reason, wasClean, socket.bufferedAmount];
  },
  'peer: selects none of the subprotocols': async (WS, at) => (await trace(new WS(at('/echo?protocol='), ['a']), (socket) => { socket.onopen = () => socket.close(); })).map((event) => event.split(' ')[0]),
  'peer: closes with a code that an application chose': async (WS, at) => {
    const seen = [];
    for (const code of [1000, 4000, 4099]) seen.push(await trace(new WS(at(`/close?n=0&code=${code}`))));
    return seen;
  },

  // ── events and turns, more ──
  'events: trusted': async (WS, at) => {
    const socket = new WS(at('/close?n=1&code=1000'));
    const seen = [];
    for (const type of ['open', 'message', 'close']) socket.addEventListener(type, ({ isTrusted }) => seen.push(isTrusted));
    await once(socket, 'close');
    return seen;
  },
  'events: one object for handler and listeners, whose data is always the same': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    socket.binaryType = 'arraybuffer';
    const seen = [];
    const second = new Promise((resolve) => { socket.onmessage = (event) => { seen.push(event); }; socket.addEventListener('message', (event) => { seen.push(event); resolve(); }); });
    socket.send(new Uint8Array([1]));
    await second;
    socket.close();
    return [seen[0] === seen[1], seen[0].data === seen[0].data, seen[0] instanceof MessageEvent, seen[0].composedPath().length];
  },
  'events: path, time and default while they are dispatched': async (WS, at) => {
    const socket = new WS(at('/echo'));
    const before = performance.now();
    const seen = await new Promise((resolve) => {
      socket.onopen = (event) => resolve([event.composedPath().length, event.composedPath()[0] === socket, event.timeStamp >= before - 5, event.defaultPrevented, event.returnValue, event.srcElement === socket, event.cancelBubble]);
    });
    socket.close();
    return seen;
  },
  'events: stopImmediatePropagation': async (WS, at) => {
    const socket = new WS(at('/close?n=1&code=1000'));
    const seen = [];
    socket.addEventListener('message', (event) => { seen.push('first'); event.stopImmediatePropagation(); });
    socket.onmessage = () => seen.push('handler');
    socket.addEventListener('message', () => seen.push('last'));
    await once(socket, 'close');
    return seen;
  },
  'events: those that a page dispatches itself': (WS, at) => made(WS, at, (socket) => {
    const seen = [];
    socket.onopen = ({ isTrusted }) => seen.push(`open ${isTrusted}`);
    socket.onmessage = ({ data }) => seen.push(`message ${data}`);
    socket.addEventListener('mine', ({ type }) => seen.push(type));
    socket.dispatchEvent(new Event('open'));
    socket.dispatchEvent(new MessageEvent('message', { data: 'made up' }));
    seen.push(socket.dispatchEvent(new Event('mine', { cancelable: true })), socket.readyState);
    return seen;
  }),
  'events: none after close': async (WS, at) => {
    const socket = await closed(WS, at);
    const seen = [];
    for (const type of ['open', 'message', 'error', 'close']) socket.addEventListener(type, () => seen.push(type));
    socket.send('x');
    socket.close();
    await pause(40);
    return seen;
  },
  'handlers: return value and arguments': async (WS, at) => {
    const socket = new WS(at('/close?n=2&code=1000'));
    const seen = [];
    socket.onopen = (...args) => { seen.push(args.length); return false; };
    socket.onmessage = (event) => { queueMicrotask(() => seen.push(event.defaultPrevented)); return false; };
    await once(socket, 'close');
    return seen;
  },
  'handlers: the same function as handler and as listener': async (WS, at) => {
    const socket = new WS(at('/close?n=1&code=1000'));
    let calls = 0;
    const f = () => { calls += 1; };
    socket.onmessage = f;
    socket.addEventListener('message', f);
    socket.addEventListener('message', f);
    await once(socket, 'close');
    return calls;
  },
  'handlers: replaced and removed while dispatched': async (WS, at) => {
    const socket = new WS(at('/close?n=2&code=1000'));
    const seen = [];
    socket.addEventListener('message', () => { socket.onmessage = () => seen.push('new'); }, { once: true });
    socket.onmessage = () => seen.push('old');
    socket.addEventListener('message', () => { socket.onmessage = null; });
    await once(socket, 'close');
    return seen;
  },
  'turns: microtasks come before the events of a close while connecting': async (WS, at) => {
    const socket = new WS(at('/stall'));
    const seen = [];
    socket.onerror = () => { seen.push(`error ${socket.readyState}`); queueMicrotask(() => seen.push('between')); };
    socket.onclose = () => seen.push('close');
    socket.close();
    seen.push(`turn ${socket.readyState}`);
    queueMicrotask(() => seen.push('microtask'));
    await once(socket, 'close');
    return seen;
  },
  'turns: a listener added a microtask after construction hears open': async (WS, at) => {
    const socket = new WS(at('/echo'));
    await null;
    const { type } = await once(socket, 'open');
    socket.close();
    return type;
  },
  'turns: what comes with the handshake comes after open': async (WS, at) => {
    const socket = new WS(at('/push?n=5&size=1'));
    const seen = [];
    socket.onmessage = () => { seen.push('message'); if (seen.length === 6) socket.close(); };
    socket.onopen = () => seen.push('open');
    await once(socket, 'close');
    return seen;
  },
  'turns: state in a microtask after close()': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    socket.close();
    await null;
    return socket.readyState;
  },

  // ── the handshake and its failures ──
  'handshake: what the server receives': async (WS, at) => {
    const socket = new WS(at('/handshake?a=b'), ['x', 'y']);
    const { data } = await once(socket, 'message');
    const seen = [JSON.parse(data), socket.protocol, socket.extensions];
    socket.close();
    return seen;
  },
  'handshake: cookies go and come': async (WS, at) => {
    const socket = new WS(at('/handshake?cookie=1'));
    await once(socket, 'message');
    socket.close();
    const again = new WS(at('/handshake'));
    const { Cookie } = JSON.parse((await once(again, 'message')).data);
    again.close();
    return [Cookie, globalThis.document?.cookie ?? 'no document'];
  },
  'handshake: a wrong accept key': (WS, at) => trace(new WS(at('/bad-accept'))),
  'handshake: every other status': async (WS, at) => {
    const seen = [];
    for (const status of [200, 204, 301, 302, 307, 401, 407, 426, 503]) seen.push(await trace(new WS(at(`/refuse?status=${status}`))));
    return seen;
  },
  'handshake: a redirection is not followed': (WS, at) => trace(new WS(at('/elsewhere'))),
  'handshake: a server that does not speak TLS': (WS, at) => trace(new WS(at('/echo').replace('ws:', 'wss:'))),
  'handshake: nothing listens': (WS) => trace(new WS(`ws://${location.hostname}:1/`)),
  'constructor: ports that browsers refuse': async (WS) => {
    const seen = [];
    for (const port of [22, 25, 6000]) seen.push(await trace(new WS(`ws://${location.hostname}:${port}/`)));
    return seen;
  },
  'constructor: relative to the base of the document, or of the worker': (WS) => {
    const base = globalThis.document?.createElement('base');
    base?.setAttribute('href', '/below/it/');
    if (base) document.head.append(base);
    const socket = new WS('echo?x');
    base?.remove();
    socket.close();
    return socket.url;
  },
  'constructor: a third argument': (WS, at) => [undefined, null, {}, 5, 'x'].map((more) => thrown(() => new WS(at('/echo'), [], more).close())),
  'constructor: new.target decides of the prototype': (WS, at) => {
    class Other { get mine() { return 7; } }
    Object.setPrototypeOf(Other.prototype, WS.prototype);
    const socket = Reflect.construct(WS, [at('/echo')], Other);
    socket.close();
    return [Object.getPrototypeOf(socket) === Other.prototype, socket.mine, socket.readyState, thrown(() => Reflect.construct(WS, [at('/echo')], () => {}))];
  },

  // ── messages ──
  'messages: fragments, with a ping between them, are one message': async (WS, at) => {
    const socket = new WS(at('/handshake?fragments=1'));
    const seen = [];
    await new Promise((resolve) => { socket.onmessage = ({ data }) => { if (seen.push(data) === 3) resolve(); }; });
    socket.close();
    return seen.slice(1);
  },
  'messages: compressed ones': async (WS, at) => {
    const socket = new WS(at('/handshake?long=1'));
    const seen = [];
    await new Promise((resolve) => { socket.onmessage = ({ data }) => { if (seen.push(data) === 2) resolve(); }; });
    const { extensions } = socket;
    socket.close();
    return [seen[1].length, /^(abc)+$/.test(seen[1]), extensions.split(';')[0]];
  },
  'messages: a byte order mark, NUL and noncharacters are content': (WS, at) => readBack(WS, at('/echo'), ['\ufeffx', '\ufeff', 'a\u0000b', '\uffff\u{10ffff}\ufdd0']),
  'messages: text is text whatever binaryType': async (WS, at) => [await readBack(WS, at('/echo'), ['x'], 'blob'), await readBack(WS, at('/echo'), ['x'], 'arraybuffer')],
  'messages: a thousand in order': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    let next = 0;
    const inOrder = new Promise((resolve) => { socket.onmessage = ({ data }) => { if (data !== String(next++)) resolve(false); else if (next === 1000) resolve(true); }; });
    for (let i = 0; i < 1000; i += 1) socket.send(String(i));
    const seen = await inOrder;
    socket.close();
    return seen;
  },
  'messages: data is of the realm that hears it': async (WS, at) => {
    const socket = await opened(WS, at('/echo'));
    socket.binaryType = 'arraybuffer';
    const seen = [];
    for (const kind of ['arraybuffer', 'blob']) {
      socket.binaryType = kind;
      const reply = once(socket, 'message');
      socket.send(new Uint8Array([1]));
      const { data } = await reply;
      seen.push(data instanceof ArrayBuffer, data instanceof Blob);
    }
    socket.close();
    return seen;
  },
  'peer: closes with a code that must not be sent': async (WS, at) => {
    const seen = [];
    for (const code of [999, 1004, 1005, 1006, 1015, 2999, 5000]) seen.push((await trace(new WS(at(`/close?n=0&code=${code}`)))).at(-1));
    return seen;
  },
  'peer: closes with what is reserved for later': async (WS, at) => {
    const seen = [];
    for (const code of [1001, 1011, 1012, 1014, 3999]) seen.push((await trace(new WS(at(`/close?n=0&code=${code}`)))).at(-1));
    return seen;
  },
};

// What a page can see of the WHATWG WebSockets standard, as functions of the class under test: each returns a value that
// the test compares between the browser's class and ours. at(path) is the URL of a script of internal/wstest.

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
  'close: a reason without a code': (WS, at) => trace(new WS(at('/echo')), async (socket) => { await once(socket, 'open'); socket.close(undefined, 'why'); }),
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
  'handlers: an exception stops nobody': async (WS, at) => {
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
};

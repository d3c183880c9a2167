// The JS side of the engine (wasm/module): calls its exported functions and reads its orders from its memory.

const abi = 5; // of wasm/module/main_js.go
const steps = { start: 0, opened: 1, received: 2, closed: 3, failed: 4, timer: 5, reconnect: 6, close: 7, hint: 8 };
const answers = { none: 0, pong: 1, echo: 2, plain: 3 };
const hints = { online: 0, offline: 1, visible: 2, resumed: 5 }; // tether.Hint

const orders = ['dial', 'abandon', 'closeConnection', 'arm', 'disarm', 'state', 'retry', 'finish', 'ping', 'pong'];
const states = ['idle', 'connecting', 'open', 'waiting', 'paused', 'closing', 'closed'];
const flagClean = 1;
const flagOpened = 2;
const wishes = { stop: 4, retry: 8, refresh: 16 };
const flagElsewhere = 32;
const flagOthers = 64;
const statusShift = 16; // where an HTTP status begins beside the flags
const numbers = ['generation', 'timer', 'id', 'state', 'attempt', 'code']; // of an order, after its kind
const fixed = 44; // bytes of an order before its texts

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * connectEngine starts the program and returns {attach}. When the program ends, every transport is informed, then onEnd is called:
 * an engine is never silently dead.
 */
export function connectEngine(program, instance, onEnd) {
  const transports = new Set();
  const api = instance.exports;
  let end = null; // why the program is over
  const over = (error) => {
    end = error;
    for (const transport of [...transports]) transport.ended(error);
    transports.clear();
    onEnd(error);
  };
  if (typeof api.run !== 'function' || typeof api.tether_abi !== 'function') {
    throw new Error('tether: the module is not tether.wasm: it does not export tether_abi');
  }
  program.run(instance, over);
  if (program.exited()) throw new Error('tether: the WASM engine ended as soon as it was started');
  if (api.tether_abi() !== abi) {
    throw new Error(`tether: tether.wasm speaks version ${api.tether_abi()} and tether.mjs version ${abi}: take both from the same release`);
  }

  // call guards every way into Go. After a panic the runtime is gone, and after any other exception its state is unknown.
  const call = (name, ...args) => {
    if (end || program.exited()) return 0;
    try {
      return api[name](...args);
    } catch (error) {
      if (program.exited()) program.settle(); // over() follows, with what the program wrote
      else queueMicrotask(() => over(new Error(`tether: the WASM engine has stopped: ${error.message}`, { cause: error })));
      end ??= error;
      return 0;
    }
  };

  return {
    /** attach makes a transport. perform(order) is called for each order, in order; ended(error) when the program is over. */
    attach(settings, { perform, ended }) {
      const { minDelay, maxDelay, factor, minUptime, maxAttempts, connectTimeout, closeTimeout, heartbeat, failover } = settings;
      const handle = call('tether_new', minDelay, maxDelay, factor, minUptime, maxAttempts, connectTimeout, closeTimeout, heartbeat?.interval ?? 0, heartbeat?.timeout ?? 0, heartbeat?.transfer ?? 0, 1 + (failover?.length ?? 0));
      if (handle === 0 && !end) throw new Error('tether: the engine refuses the settings of this socket, which tether.mjs accepted: this is a fault of tether');
      const transport = { ended };
      transports.add(transport);
      const waiting = []; // orders: a listener may cause the next step while those of this one are still carried out
      let performing = false;
      return {
        step(event) {
          const taken = takeStep(api, call, handle, event);
          if (taken === null) {
            transports.delete(transport);
            ended(new Error(`tether: the engine does not know this socket (${handle}): this is a fault of tether`));
            return;
          }
          waiting.push(...taken);
          if (performing) return;
          performing = true;
          try {
            while (waiting.length > 0) perform(waiting.shift());
          } finally {
            performing = false;
          }
        },
        detach() {
          waiting.length = 0;
          transports.delete(transport);
          call('tether_free', handle);
        },
      };
    },
  };
}

// takeStep returns the orders that follow, or null when the engine does not know the handle.
function takeStep(api, call, handle, event) {
  const [a, b] = operands(event);
  const text = writeText(api, call, event.reason ?? '');
  const length = call('tether_step', handle, steps[event.kind], event.generation ?? 0, a, b, text, event.at, event.wall, event.handed ?? 0, event.left ?? 0);
  if (length < 0) return null; // the largest number of 32 bits, as JS reads it
  return length === 0 ? [] : readOrders(api.mem.buffer, call('tether_output'), length);
}

function operands({ kind, code, wasClean, opened, wish, status, elsewhere, others, permanent, timer, id, answer, nonce, hint }) {
  switch (kind) {
    case 'closed': return [code, (wasClean ? flagClean : 0) | (opened ? flagOpened : 0) | (wishes[wish] ?? 0)
      | (elsewhere ? flagElsewhere : 0) | (others ? flagOthers : 0) | ((status ?? 0) << statusShift)];
    case 'failed': return [permanent ? 1 : 0, 0];
    case 'timer': return [timer, id];
    case 'received': return [answers[answer], nonce];
    case 'hint': return [hints[hint], 0];
    default: return [0, 0];
  }
}

// Reserving may grow the memory, which detaches every view of it: the view is taken afterwards.
function writeText(api, call, text) {
  if (text === '') return 0;
  const bytes = encoder.encode(text);
  const start = call('tether_reserve', bytes.length);
  if (start === 0) return 0;
  new Uint8Array(api.mem.buffer).set(bytes, start);
  return bytes.length;
}

function readOrders(buffer, start, length) {
  const view = new DataView(buffer, start, length);
  const text = (from, size) => decoder.decode(new Uint8Array(buffer, start + from, size));
  const read = [];
  for (let at = 0; at < length;) {
    const order = { do: orders[view.getUint32(at, true)] };
    numbers.forEach((name, index) => { order[name] = view.getUint32(at + 4 + index * 4, true); });
    order.state = states[order.state];
    order.delay = view.getFloat64(at + 36, true);
    const sizes = [view.getUint32(at + 28, true), view.getUint32(at + 32, true)];
    order.reason = text(at + fixed, sizes[0]);
    order.cause = text(at + fixed + sizes[0], sizes[1]);
    read.push(order);
    at += fixed + sizes[0] + sizes[1];
  }
  return read;
}

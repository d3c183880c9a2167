// `for await (const message of socket)`: the messages from now on, until the socket is closed.

const most = 4096; // messages that wait for a slow loop before it is stopped with an error: nothing is lost silently

/** iterate yields what message events carry. It ends on a clean close; otherwise, or when the loop is too slow, it throws. */
export function iterate(socket) {
  const waiting = []; // messages that were not asked for yet
  const asking = []; // promises that wait for a message
  let end = null; // how it ends, once known: {error} or {}

  const stop = (how) => {
    end ??= how;
    cancels.forEach((cancel) => cancel());
    for (const ask of asking.splice(0)) settle(ask);
  };
  const settle = ({ resolve, reject }) => {
    if (waiting.length > 0) return resolve({ done: false, value: waiting.shift() });
    if (!end.error) return resolve({ done: true, value: undefined });
    const { error } = end;
    end = {}; // thrown once, then it is over
    return reject(error);
  };
  const cancels = [
    socket.on('message', ({ data }) => {
      if (asking.length > 0) asking.shift().resolve({ done: false, value: data });
      else if (waiting.length < most) waiting.push(data);
      else stop({ error: new RangeError(`tether: the loop over the socket's messages is more than ${most} messages behind`) });
    }),
    socket.on('close', (event) => stop(event.wasClean ? {} : { error: closeError(event) })),
  ];
  if (socket.readyState === socket.CLOSED) stop({});

  return {
    next: () => new Promise((resolve, reject) => {
      if (waiting.length > 0 || end) settle({ resolve, reject });
      else asking.push({ resolve, reject });
    }),
    return: async (value) => {
      waiting.length = 0;
      stop({});
      return { done: true, value };
    },
    [Symbol.asyncIterator]() { return this; },
  };
}

function closeError({ code, reason }) {
  const error = new Error(`tether: the connection ended with code ${code}${reason ? `: ${reason}` : ''}`);
  return Object.assign(error, { name: 'TetherCloseError', code, reason });
}

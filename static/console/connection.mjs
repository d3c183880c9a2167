// The connection card: connect, close, reconnect, and its state in words.

import { count, milliseconds } from './dom.mjs';

const tick = 100; // ms between two updates of the countdown

/** newConnection drives the card. open(url) makes a socket; received gets its messages, note its changes of state, lost the end of a connection. */
export function newConnection(document, { open, received, note, lost }) {
  const at = (id) => document.getElementById(id);
  const card = newCard(at);
  let socket = null;
  let until = 0; // when the next attempt comes, by performance.now()
  let plan = { attempt: 0, delay: 0, cause: '' }; // that attempt

  const watch = (watched) => {
    const on = (type, listener) => watched.on(type, (event) => { if (watched === socket) listener(event); });
    on('open', () => note('good', `open${watched.protocol ? `, subprotocol ${watched.protocol}` : ''}`));
    on('message', ({ data }) => received(data));
    on('disconnect', ({ code, reason }) => { lost(); note('wait', `connection lost: ${ending(code, reason)}`); });
    on('retry', ({ attempt, delay, cause }) => {
      plan = { attempt, delay, cause };
      until = performance.now() + delay;
      note('wait', `${cause}; retrying in ${milliseconds(delay)} (attempt ${attempt})`);
    });
    on('drop', ({ messages, bytes, cause }) => note('bad', `${count(messages, 'unsent message')} (${count(bytes, 'byte')}) dropped: ${cause}`));
    on('error', ({ message }) => { if (message) note('bad', message); });
    on('statechange', ({ state, cause }) => { if (state === 'closed') note('bad', cause); });
    on('close', ({ code, reason, wasClean }) => { lost(); note(wasClean ? '' : 'bad', `closed: ${ending(code, reason)}`); });
    on('*', () => draw());
  };

  const draw = () => card.draw(socket, Math.max(0, until - performance.now()), plan);

  const connect = (url) => {
    const before = socket;
    card.urlError('');
    try {
      socket = open(url);
    } catch (error) {
      card.urlError(error.message);
      return;
    }
    socket.binaryType = 'arraybuffer';
    before?.close(1000, 'another address');
    note('', `connecting to ${socket.url || url}`);
    watch(socket);
    draw();
  };

  const close = () => {
    try {
      const code = at('close-code').value.trim();
      socket.close(code === '' ? undefined : Number(code), at('close-reason').value || undefined);
      card.closeError('');
    } catch (error) {
      card.closeError(error.message);
    }
  };

  at('connect-form').addEventListener('submit', (event) => { event.preventDefault(); connect(at('url').value.trim()); });
  at('close-form').addEventListener('submit', (event) => { event.preventDefault(); close(); });
  at('reconnect').addEventListener('click', () => { note('', 'reconnecting'); socket.reconnect(); });
  setInterval(draw, tick);

  return {
    start(url) {
      at('url').value = url;
      connect(url);
    },
    usable: () => socket !== null && socket.readyState <= socket.OPEN,
    /** send returns whether the message waits for a connection. */
    send(data) {
      socket.send(data);
      draw();
      return socket.state !== 'open';
    },
  };
}

// newCard writes into the card only what has changed, so that screen readers announce changes only.
function newCard(at) {
  const set = (id, text) => { const node = at(id); if (node.textContent !== text) node.textContent = text; };
  let opened = 0; // when the present connection opened
  let last = '';
  return {
    urlError: (text) => { set('url-error', text); at('url').setAttribute('aria-invalid', String(text !== '')); },
    closeError: (text) => set('close-error', text),
    draw(socket, left, plan) {
      const state = socket?.state ?? 'closed';
      if (state === 'open' && last !== 'open') opened = performance.now();
      last = state;
      set('state', state);
      at('state').dataset.state = state;
      set('story', story(socket, state, { ...plan, left, age: performance.now() - opened }));
      const bar = at('countdown');
      bar.hidden = state !== 'waiting';
      bar.value = plan.delay > 0 ? 1 - left / plan.delay : 1;
      const live = state !== 'closed' && state !== 'closing';
      at('close').disabled = !live;
      at('reconnect').disabled = socket === null || state === 'closing';
      numbers(set, socket);
    },
  };
}

function numbers(set, socket) {
  if (!socket) return;
  const { attempts, opened, messagesSent, messagesReceived, queuedMessages } = socket.stats();
  const shown = { attempts, opened, sent: messagesSent, received: messagesReceived, queued: queuedMessages };
  for (const [name, value] of Object.entries(shown)) set(`n-${name}`, String(value));
}

function story(socket, state, { attempt, cause, left, age }) {
  switch (state) {
    case 'connecting': return 'Connecting…';
    case 'open': return `Connected for ${clock(age)}.`;
    case 'waiting': return `${sentence(cause)}; retrying in ${(left / 1000).toFixed(1)} s (attempt ${attempt}). Messages are queued until then.`;
    case 'closing': return 'Closing: waiting for the close frame of the server…';
    default: return socket ? 'Closed. Press Connect or Reconnect.' : 'Not connected.';
  }
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const clock = (ms) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`;
const ending = (code, reason) => `code ${code}${meaning(code)}${reason ? `, reason “${reason}”` : ''}`;

const meanings = {
  1000: 'normal closure', 1001: 'going away', 1002: 'protocol error', 1003: 'unsupported data', 1005: 'no status code',
  1006: 'no close frame', 1007: 'invalid payload', 1008: 'policy violation', 1009: 'message too big', 1011: 'server error',
  1012: 'service restart', 1013: 'try again later', 1015: 'TLS failure',
};
const meaning = (code) => (meanings[code] ? ` (${meanings[code]})` : '');

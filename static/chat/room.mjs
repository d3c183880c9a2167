// The connection: one resilient TetherSocket for as long as the person stays. Events go to the view.

import { milliseconds } from '../console/dom.mjs';
import { TetherSocket } from '../tether.mjs';
import { newCatchUp } from './catchup.mjs';

const askEvery = 4000; // ms between two requests for the people online
const patience = 9000; // ms without any answer, after which the connection is given up: a browser cannot ping by itself
const placeEvery = 60000; // ms between two requests for the end of the history
const morePace = 1100; // ms before more of the history is asked for: the server takes few messages in a second
const mostWaiting = 8; // messages kept while there is no connection: fewer than the server takes in a second

// What the application's close codes mean to a person. 4001 and 4002 ask for another login.
const endings = {
  4000: 'This server does not accept pages of this origin.',
  4001: 'Login required.',
  4002: 'Your token is invalid.',
  4003: 'Rate limit exceeded: too many messages per second.',
};

const loggedOut = 'Logged out'; // the reason of a 4002 after a logout, here or elsewhere

/** newRoom connects with what session gives, and calls leave when another login is needed. */
export function newRoom(session, view, leave) {
  const socket = new TetherSocket(() => session.address(), ['tetherscope.chat.v1'], {
    resilient: { queueMessages: mostWaiting },
    codec: 'json',
  });
  let me = { clientId: '', user: '' };
  let asked = 0; // when the request that has no response yet was sent; 0 for none
  let problem = ''; // the last error in words
  const catchUp = newCatchUp();

  const ask = () => {
    if (socket.state !== 'open' || document.hidden) return;
    if (asked && performance.now() - asked > patience) {
      asked = 0;
      socket.reconnect('the server does not respond');
      return;
    }
    asked ||= performance.now();
    socket.send({ type: 'presence' });
  };
  const askHistory = (place) => { if (socket.state === 'open') socket.send({ type: 'history', call: 'history', ...place }); };
  const timers = [
    setInterval(ask, askEvery),
    setInterval(() => { if (catchUp.behind()) askHistory(catchUp.ask()); }, askEvery),
    setInterval(() => askHistory(catchUp.ask()), placeEvery),
  ];
  document.addEventListener('visibilitychange', ask);

  const say = (list) => {
    for (const { user, from, message, timestamp } of list) view.message({ kind: 'chat', user, from, text: message, at: timestamp });
  };
  const handlers = {
    welcome(message) {
      me = message;
      view.welcome(message);
      ask();
      askHistory(catchUp.connected());
    },
    history(message) {
      const { show, lost, next } = catchUp.answer(message);
      if (lost) view.note('wait', 'Messages from while you were away may be missing.');
      say(show);
      if (next) setTimeout(askHistory, morePace, next);
    },
    presence: ({ clients = [], total = 0 }) => view.people(clients, total, me.clientId),
    chat: (message) => say(catchUp.message(message)),
    broadcast: ({ user, sender, content, timestamp }) => view.message({ kind: 'broadcast', user, from: sender, text: content, at: timestamp }),
    private: ({ user, from, message, content, timestamp }) => view.message({ kind: 'private', user, from, text: message ?? content, at: timestamp }),
    error: ({ reply, message, errors = [] }) => (reply === 'history' ? say(catchUp.failed()) : view.note('bad', [message, ...errors].filter(Boolean).join('; '))),
    gap: ({ message, since, until, missed }) => view.note('wait', `${message} since ${new Date(since).toLocaleTimeString()}`
      + `${until ? ` until ${new Date(until).toLocaleTimeString()}` : ''}${missed ? `: ${missed}` : ''}`),
  };

  socket.on('message', ({ data }) => {
    asked = 0;
    if (Object.hasOwn(handlers, data?.type)) handlers[data.type](data);
  });
  socket.on('decodeerror', ({ message }) => view.note('bad', message));
  socket.on('statechange', ({ state }) => view.state(state));
  socket.on('open', () => { problem = ''; asked = 0; });
  socket.on('disconnect', ({ code, reason }) => {
    if (code in endings) return; // this is the end: see close
    view.note('wait', `Connection lost: ${code === 1012 ? 'server restart' : words(code, reason)}`);
  });
  socket.on('retry', ({ attempt, delay, cause }) => view.waiting(delay, `attempt ${attempt}`, `${cause}; retrying in ${milliseconds(delay)}`));
  socket.on('drop', ({ messages, cause }) => view.note('bad', `${messages} ${messages === 1 ? 'message was' : 'messages were'} not sent: ${cause}`));
  socket.on('error', ({ message }) => { if (message) problem = message; });
  socket.on('close', ({ code, reason }) => {
    if (code === 4001 || code === 4002) leave(words(code, reason));
    else if (code === 1006 && problem) leave(problem);
    else view.ended(words(code, reason));
  });
  view.state(socket.state);

  return {
    again: () => socket.reconnect('requested'),
    /** send sends to everyone or to one client. It throws when too many messages are queued, and when the connection is closed. */
    send({ kind, id, name }, text) {
      if (socket.readyState >= TetherSocket.CLOSING) throw new Error('You are not connected. Join again first.');
      if (kind === 'chat') socket.send({ type: 'chat', message: text });
      if (kind === 'broadcast') socket.send({ type: 'broadcast', content: text });
      if (kind !== 'private') return;
      socket.send({ type: 'private', targetId: id, message: text });
      view.message({ kind: 'private', user: me.user, from: me.clientId, to: name, text, at: Date.now() });
    },
    waits: () => socket.stats().queuedMessages,
    /** logout ends every connection of this person, this one included; the server says so by closing it. */
    logout: () => socket.send({ type: 'logout' }),
    close() {
      timers.forEach(clearInterval);
      document.removeEventListener('visibilitychange', ask);
      socket.close(1000, 'left');
    },
  };
}

const words = (code, reason) => (reason === loggedOut ? 'Logged out in every tab and on every server.' : endings[code]) ?? (code === 1006 ? 'server unreachable' : `code ${code}${reason ? `, ${reason}` : ''}`);

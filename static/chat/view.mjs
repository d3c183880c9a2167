// The page: shows and takes input. Data of a peer becomes a text node only.

import { element } from '../console/dom.mjs';
import { newLog } from './log.mjs';
import { newPeople } from './people.mjs';

/** newView knows the page. start says what to do when the person acts. */
export function newView(document) {
  const at = (id) => document.getElementById(id);
  const log = newLog(document);
  const people = newPeople(document);
  const set = (id, text) => { if (at(id).textContent !== text) at(id).textContent = text; };
  const show = (inRoom) => {
    at('login').hidden = inRoom;
    at('room').hidden = !inRoom;
    at(inRoom ? 'message' : 'name').focus();
  };
  let until = 0; // when the next attempt comes, by performance.now()
  let attempt = '';
  let waits = () => 0; // how many messages wait for the connection

  const tick = () => {
    if (at('state').dataset.state !== 'waiting') return;
    const n = waits();
    const queue = n === 0 ? 'messages are queued' : `${n} ${n === 1 ? 'message' : 'messages'} queued`;
    set('story', `${attempt} in ${Math.max(0, (until - performance.now()) / 1000).toFixed(1)} s; ${queue}`);
  };
  setInterval(tick, 100);

  const submit = (send) => {
    const box = at('message');
    set('message-error', '');
    if (box.value.trim() === '') return;
    try {
      send(people.chosen(), box.value);
      box.value = '';
    } catch (error) {
      set('message-error', error.name === 'QuotaExceededError' ? 'Too many messages queued. Wait for the connection.' : error.message);
    }
    box.focus();
  };

  return {
    start({ join, leave, logout, again, send, waiting }) {
      waits = waiting;
      at('login-form').addEventListener('submit', (event) => {
        event.preventDefault();
        join({ name: at('name').value.trim(), token: at('token').value.trim() });
        at('token').value = '';
      });
      at('message-form').addEventListener('submit', (event) => { event.preventDefault(); submit(send); });
      at('message').addEventListener('keydown', (event) => {
        if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        submit(send);
      });
      at('again').addEventListener('click', again);
      at('leave').addEventListener('click', leave);
      at('logout').addEventListener('click', logout);
      document.querySelector('[data-written="js"]').setAttribute('aria-current', 'page');
      show(false);
    },
    loginError: (text) => set('login-error', text),
    askForToken() {
      at('token-box').open = true;
      at('token').focus();
    },
    enter() {
      log.clear();
      people.clear();
      set('me', '');
      show(true);
    },
    exit(why) {
      show(false);
      set('login-error', why);
    },
    state(state) {
      set('state', state);
      at('state').dataset.state = state;
      at('again').hidden = state !== 'closed';
      at('logout').disabled = state !== 'open';
      if (state !== 'waiting') set('story', state === 'connecting' ? 'Connecting…' : '');
    },
    waiting(delay, name, why) {
      until = performance.now() + delay;
      attempt = name;
      at('story').title = why;
      tick();
    },
    ended(why) {
      log.note('bad', why);
      set('story', why);
    },
    welcome({ user, clientId, server, capture }) {
      people.me(clientId);
      at('inspect').href = capture ? `/panel/#q=conn:${Number(capture)}` : '/panel/';
      at('me').replaceChildren(`You are ${user}, connected to server `, element(document, 'b', {}, server), '.');
      log.note('good', `Joined as ${user}.`);
    },
    people: people.show,
    message: log.message,
    note: log.note,
  };
}

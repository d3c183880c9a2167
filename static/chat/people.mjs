// Who is online, and who the next message goes to.

import { element } from '../console/dom.mjs';
import { hue, shortened } from './log.mjs';

const everyone = { kind: 'chat' };

/** newPeople drives the list of people and the choice beside the message. */
export function newPeople(document) {
  const [list, choice, count] = ['people', 'to', 'people-count'].map((id) => document.getElementById(id));
  let known = new Map(); // client id → {id, user}
  let mine = '';
  let shown = ''; // what the page shows, so that it is rebuilt only when it changes

  const draw = () => {
    const clients = [...known.values()].sort((a, b) => a.user.localeCompare(b.user) || a.id.localeCompare(b.id));
    const now = JSON.stringify([clients, mine, choice.value]);
    if (now === shown) return;
    const kept = choice.value;
    choice.replaceChildren(...options(document, clients.filter(({ id }) => id !== mine)));
    choice.value = [...choice.options].some(({ value }) => value === kept) ? kept : 'chat';
    list.replaceChildren(...clients.map((client) => person(document, client, client.id === mine, client.id === choice.value)));
    shown = JSON.stringify([clients, mine, choice.value]);
  };

  choice.addEventListener('change', draw);
  list.addEventListener('click', (event) => {
    const id = event.target.closest('button')?.value;
    if (!id) return;
    choice.value = choice.value === id ? 'chat' : id;
    draw();
    document.getElementById('message').focus();
  });

  return {
    clear() {
      known = new Map();
      choice.value = 'chat';
      count.textContent = '';
      draw();
    },
    me(id) {
      mine = id;
      draw();
    },
    show(clients, total) {
      known = new Map(clients.map((client) => [client.id, client]));
      count.textContent = total > clients.length ? `${clients.length} of ${total}` : String(total);
      draw();
    },
    /** chosen returns {kind} or, for one person, {kind, id, name}. */
    chosen() {
      if (choice.value === 'broadcast') return { kind: 'broadcast' };
      const one = known.get(choice.value);
      return one ? { kind: 'private', id: one.id, name: one.user } : everyone;
    },
  };
}

function options(document, others) {
  const option = (value, text) => element(document, 'option', { value }, text);
  const people = element(document, 'optgroup', { label: 'Private' }, ...others.map(({ id, user }) => option(id, `${user} (${shortened(id)})`)));
  return [option('chat', 'Everyone'), option('broadcast', 'Announcement'), ...(others.length > 0 ? [people] : [])];
}

function person(document, { id, user }, me, chosen) {
  const button = element(document, 'button', { type: 'button', value: id, disabled: me, 'aria-pressed': me ? undefined : String(chosen), title: me ? 'you' : `Private message to ${user}` },
    element(document, 'span', { className: 'who name' }, user),
    element(document, 'small', {}, me ? 'you' : shortened(id)));
  return element(document, 'li', { 'data-hue': String(hue(user)) }, button);
}

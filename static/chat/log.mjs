// The conversation: the newest at the bottom, bounded, and it follows unless the person has scrolled up.

import { element } from '../console/dom.mjs';

const most = 500; // lines kept
const badges = { private: 'private', broadcast: 'announcement' };

/** newLog drives the list of messages. */
export function newLog(document) {
  const list = document.getElementById('log');
  const empty = document.getElementById('log-empty');
  let following = true;

  const follow = () => { if (following) list.scrollTop = list.scrollHeight; };
  list.addEventListener('scroll', () => { following = list.scrollHeight - list.scrollTop - list.clientHeight < 40; });
  new ResizeObserver(follow).observe(list);

  const add = (line) => {
    empty.remove();
    list.append(line);
    while (list.childElementCount > most) list.firstElementChild.remove();
    follow();
  };

  return {
    clear: () => list.replaceChildren(empty),
    /** message adds {kind, user, from, to, text, at}; at is a time in ms or in ISO 8601. */
    message({ kind, user, from, to, text, at }) {
      const head = element(document, 'header', {},
        element(document, 'span', { className: 'name' }, user || 'unknown'),
        element(document, 'small', { title: `client ${from}` }, shortened(from)),
        to ? element(document, 'span', {}, `to ${to}`) : null,
        badges[kind] ? element(document, 'span', { className: 'badge' }, badges[kind]) : null,
        clock(document, new Date(at)));
      add(element(document, 'article', { className: 'line', 'data-kind': kind, 'data-hue': String(hue(user)) },
        head, element(document, 'p', {}, text)));
    },
    /** note adds what happened to the connection; mood is good, wait or bad. */
    note(mood, text) {
      const head = element(document, 'header', {}, clock(document, new Date()), element(document, 'p', {}, text));
      add(element(document, 'div', { className: 'line', 'data-kind': 'system', 'data-mood': mood }, head));
    },
  };
}

/** shortened is the end of a client's id: enough to tell two apart. */
export const shortened = (id) => id.slice(-4);

/** hue maps a name to one of six colours. */
export function hue(name = '') {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 65521;
  return sum % 6;
}

const clock = (document, time) => element(document, 'time', { dateTime: time.toISOString() }, time.toTimeString().slice(0, 8));

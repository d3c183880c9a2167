// The log: messages and events of the connection, the newest at the bottom, bounded.

import { bytes, element, milliseconds } from './dom.mjs';

const most = 500; // entries kept
const arrows = { in: '↓', out: '↑', event: '•' };
const words = { in: 'received', out: 'sent', event: '' };

/** newLog drives the log of the page. */
export function newLog(document) {
  const [list, empty, count, follow, clear] = ['log', 'log-empty', 'log-count', 'follow', 'clear'].map((id) => document.getElementById(id));
  let total = 0;
  let following = true;

  const atEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 24;
  const toEnd = () => { list.scrollTop = list.scrollHeight; };
  const followAgain = (on) => {
    following = on;
    follow.hidden = on;
    if (on) toEnd();
  };
  const tell = () => {
    const kept = list.childElementCount - (empty.isConnected ? 1 : 0);
    const gone = total - kept;
    count.textContent = total === 0 ? '' : `${total} ${total === 1 ? 'entry' : 'entries'}${gone > 0 ? `, oldest ${gone} discarded` : ''}`;
  };

  list.addEventListener('scroll', () => { if (atEnd() !== following) followAgain(atEnd()); });
  follow.addEventListener('click', () => followAgain(true));
  clear.addEventListener('click', () => {
    list.replaceChildren(empty);
    total = 0;
    followAgain(true);
    tell();
  });

  return {
    /** add appends an entry: {kind, mood, text} of the connection, or {kind, type, size, views, rtt, note} of a message. */
    add(entry) {
      empty.remove();
      total++;
      list.append(row(document, entry));
      while (list.childElementCount > most) list.firstElementChild.remove();
      if (following) toEnd();
      tell();
    },
  };
}

function row(document, { kind, mood, text, type, size, views, rtt, note }) {
  const what = element(document, 'div', { className: 'what' });
  if (views) what.append(...body(document, views));
  else what.append(text);
  const now = new Date();
  const clock = `${now.toTimeString().slice(0, 8)}.${String(now.getMilliseconds()).padStart(3, '0')}`;
  const arrow = element(document, 'span', { className: 'arrow', 'aria-hidden': 'true' }, arrows[kind]);
  const spoken = words[kind] && element(document, 'span', { className: 'hidden' }, `${words[kind]} `);
  const meta = element(document, 'div', { className: 'meta' }, ...facts(document, { type, size, rtt, note }));
  what.prepend(spoken);
  return element(document, 'div', { className: 'entry', 'data-kind': kind, 'data-mood': mood },
    element(document, 'time', { dateTime: now.toISOString() }, clock), arrow, what, meta);
}

function facts(document, { type, size, rtt, note }) {
  const span = (text, properties = {}) => element(document, 'span', properties, text);
  return [
    rtt === undefined ? null : span(milliseconds(rtt), { title: 'response time' }),
    note ? span(note, { className: 'badge', title: 'sent with the next connection' }) : null,
    size === undefined ? null : span(bytes(size)),
    type ? span(type, { className: 'badge' }) : null,
  ].filter(Boolean);
}

// The first view is shown; the others are a click away.
function body(document, views) {
  const names = Object.keys(views);
  const pre = element(document, 'pre', { className: 'body', tabIndex: -1 });
  const show = async (name) => {
    pre.classList.toggle('hex', name === 'hex');
    const text = await views[name];
    pre.textContent = text === '' ? '(empty)' : text;
  };
  show(names[0]);
  if (names.length < 2) return [pre];
  const buttons = names.map((name, index) => element(document, 'button', { type: 'button', 'aria-pressed': String(index === 0) }, name));
  buttons.forEach((button, index) => button.addEventListener('click', () => {
    for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
    show(names[index]);
  }));
  return [pre, element(document, 'div', { className: 'views' }, ...buttons)];
}

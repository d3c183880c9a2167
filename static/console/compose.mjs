// The send card: a message as text, checked JSON, floats or a Blob.

import { bytes } from './dom.mjs';

const kinds = {
  text: { start: 'hello, wire', hint: 'Sent as one text message.', read: (text) => text },
  json: { start: '{\n  "type": "greeting",\n  "to": ["you", "me"]\n}', hint: 'Checked, then sent as one text message.', read: readJSON },
  floats: { start: '0.5 1 -2.25 3e8', hint: 'Numbers separated by spaces or commas; four bytes each, sent as one binary message.', read: readFloats },
  blob: { start: 'bytes from a Blob', hint: 'The text in UTF-8, sent as one binary message.', read: (text) => new Blob([text]) },
};

/** newCompose drives the card. ready() reports whether sending is possible; send(data, kind) sends. */
export function newCompose(document, { ready, send }) {
  const at = (id) => document.getElementById(id);
  const [message, file, form, error] = [at('message'), at('file'), at('message-form'), at('message-error')];
  const tabs = [...at('kinds').children];
  const drafts = Object.fromEntries(Object.entries(kinds).map(([kind, { start }]) => [kind, start]));
  let kind = 'text';

  const complain = (problem) => {
    error.textContent = problem?.message ?? '';
    message.setAttribute('aria-invalid', String(Boolean(problem)));
    if (problem?.at !== undefined) message.setSelectionRange(problem.at, Math.min(problem.at + 1, message.value.length));
  };
  const choose = (next) => {
    drafts[kind] = message.value;
    kind = next;
    message.value = drafts[kind];
    at('message-hint').textContent = kinds[kind].hint;
    at('file-label').hidden = kind !== 'blob';
    form.setAttribute('aria-labelledby', `kind-${kind}`);
    for (const tab of tabs) {
      const selected = tab.dataset.kind === kind;
      tab.setAttribute('aria-selected', String(selected));
      tab.tabIndex = selected ? 0 : -1;
    }
    complain(null);
  };
  const submit = () => {
    if (!ready()) return complain(new Error('Not connected. Press Connect first.'));
    try {
      send(kind === 'blob' && file.files.length > 0 ? file.files[0] : kinds[kind].read(message.value), kind);
      complain(null);
    } catch (problem) {
      message.focus();
      complain(problem);
    }
  };

  message.value = kinds.text.start;
  choose('text');
  form.addEventListener('submit', (event) => { event.preventDefault(); submit(); });
  message.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); submit(); }
  });
  message.addEventListener('input', () => { complain(null); file.value = ''; });
  file.addEventListener('change', () => {
    const [chosen] = file.files;
    if (chosen) at('message-hint').textContent = `${chosen.name}, ${bytes(chosen.size)}, sent as one binary message.`;
  });
  tabs.forEach((tab, index) => {
    tab.addEventListener('click', () => choose(tab.dataset.kind));
    tab.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      next.focus();
      choose(next.dataset.kind);
    });
  });
}

// readJSON returns text unchanged when it is JSON: spaces are sent as typed.
function readJSON(text) {
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw located(text, positionOf(error, text), `Not JSON: ${error.message.replace(/ in JSON.*$| \(line.*$/s, '')}`);
  }
}

// Browsers name the place in their own words: "at position 9", "at line 1 column 10", or not at all at the end of input.
function positionOf({ message }, text) {
  const offset = /position (\d+)/.exec(message);
  if (offset) return Number(offset[1]);
  const place = /line (\d+) column (\d+)/.exec(message);
  if (!place) return text.length;
  const lines = text.split('\n').slice(0, Number(place[1]) - 1);
  return lines.reduce((sum, line) => sum + line.length + 1, 0) + Number(place[2]) - 1;
}

function readFloats(text) {
  const numbers = [];
  for (const { 0: word, index } of text.matchAll(/[^\s,;]+/g)) {
    const number = Number(word);
    if (Number.isNaN(number) && word !== 'NaN') throw located(text, index, `Not a number: “${word}”`);
    numbers.push(number);
  }
  return Float32Array.from(numbers);
}

function located(text, at, what) {
  const before = text.slice(0, at).split('\n');
  return Object.assign(new Error(`${what} (line ${before.length}, column ${before.at(-1).length + 1})`), { at });
}

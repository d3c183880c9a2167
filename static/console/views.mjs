// The forms a message can be read in: text, JSON, floats, hex.

const shown = 16 * 1024; // bytes or characters of one message that the log shows
const perLine = 16; // bytes in a line of hex
const encoder = new TextEncoder();

/** describeMessage returns {type, size, views}: views by name, each a promise or a string, the best first. */
export function describeMessage(data, kind) {
  if (typeof data === 'string') return { type: 'text', size: encoder.encode(data).length, views: viewsOfText(data) };
  if (data instanceof Blob) return { type: 'binary', size: data.size, views: viewsOfBlob(data) };
  const view = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
  return { type: 'binary', size: view.length, views: viewsOfBytes(view, kind) };
}

function viewsOfText(text) {
  const pretty = prettyJSON(text);
  return pretty === undefined ? { text: cut(text) } : { JSON: cut(pretty), text: cut(text) };
}

function viewsOfBlob(blob) {
  const read = blob.slice(0, shown).arrayBuffer().then((buffer) => new Uint8Array(buffer));
  return { text: read.then((view) => decode(view, blob.size)), hex: read.then((view) => hex(view, blob.size)) };
}

function viewsOfBytes(view, kind) {
  const views = {};
  if (view.length > 0 && view.length % 4 === 0) views.float32 = floats(view);
  if (view.length > 0) views.hex = hex(view.subarray(0, shown), view.length);
  views.text = decode(view.subarray(0, shown), view.length);
  const first = { floats: 'float32', blob: 'text' }[kind] ?? 'hex';
  return first in views ? { [first]: views[first], ...views } : views;
}

function prettyJSON(text) {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return undefined;
  }
}

function floats(view) {
  const aligned = view.slice(0, shown).buffer; // a Float32Array must start at a multiple of four
  const numbers = Array.from(new Float32Array(aligned), (number) => String(Number(number.toPrecision(7))));
  return numbers.join(', ') + rest(view.length, aligned.byteLength);
}

function hex(view, length) {
  const lines = [];
  for (let at = 0; at < view.length; at += perLine) {
    const line = view.subarray(at, at + perLine);
    const digits = Array.from(line, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const letters = Array.from(line, (byte) => (byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('');
    lines.push(`${at.toString(16).padStart(4, '0')}  ${digits.padEnd(perLine * 3)} ${letters}`);
  }
  return lines.join('\n') + rest(length, view.length);
}

const decode = (view, length) => new TextDecoder().decode(view) + rest(length, view.length);
const cut = (text) => (text.length <= shown ? text : text.slice(0, shown) + rest(text.length, shown, 'characters'));
const rest = (length, seen, unit = 'bytes') => (length > seen ? `\n… ${length - seen} more ${unit}` : '');

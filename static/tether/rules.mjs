// What the WHATWG WebSockets standard demands of arguments, for the moments when there is no native socket to ask: a
// resilient socket that is between two connections must throw the same exceptions as one that is open.

/** checkClose converts and checks close()'s arguments as the standard does, whatever state the socket is in. */
export function checkClose(code, reason) {
  const number = code === undefined ? undefined : clampToUint16(code);
  const text = reason === undefined ? undefined : `${reason}`.toWellFormed();
  if (number !== undefined && number !== 1000 && !(number >= 3000 && number <= 4999)) {
    throw fail('close', `The close code must be either 1000, or between 3000 and 4999. ${number} is neither.`, 'InvalidAccessError');
  }
  if (text !== undefined && utf8Length(text) > 123) {
    throw fail('close', 'The close reason must not be greater than 123 UTF-8 bytes.', 'SyntaxError');
  }
  return { code: number, reason: text };
}

/** toPayload takes a snapshot of what send() was given, as the standard says: later changes by the caller do not count. */
export function toPayload(data) {
  if (data instanceof Blob) return { data, bytes: data.size };
  if (data instanceof ArrayBuffer) return { data: data.slice(0), bytes: data.byteLength };
  if (ArrayBuffer.isView(data)) return copyOfView(data);
  const text = `${data}`.toWellFormed();
  return { data: text, bytes: utf8Length(text) };
}

/** sizeOf returns the bytes that a message has on the wire, before compression. */
export function sizeOf(data) {
  if (typeof data === 'string') return utf8Length(data);
  return data?.byteLength ?? data?.size ?? utf8Length(String(data));
}

/** quickSize is sizeOf where that costs next to nothing, and -1 elsewhere. */
export function quickSize(data) {
  if (typeof data === 'string') return data.length <= short ? utf8Length(data) : -1;
  return ArrayBuffer.isView(data) || data instanceof ArrayBuffer ? data.byteLength : -1;
}

/** utf8Length counts the bytes of text in UTF-8. */
export function utf8Length(text) {
  if (text.length > short) return encodedLength(text);
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    if (isHigh(unit) && isLow(text.charCodeAt(i + 1))) i++; // a pair: two units, four bytes
  }
  return bytes;
}

const short = 256; // below this counting is quicker than encoding; above, encoding is many times quicker
const piece = 8192; // units that are encoded at a time, at most three bytes each
const encoder = new TextEncoder();
let scratch;

function encodedLength(text) {
  scratch ??= new Uint8Array(3 * piece);
  let bytes = 0;
  for (let at = 0; at < text.length;) {
    let end = Math.min(at + piece, text.length);
    if (end < text.length && isHigh(text.charCodeAt(end - 1))) end--; // pairs stay together
    bytes += encoder.encodeInto(text.slice(at, end), scratch).written;
    at = end;
  }
  return bytes;
}

/** fail makes the exception that the browser would throw, worded like it. */
export function fail(method, message, name) {
  return new DOMException(`Failed to execute '${method}' on 'TetherSocket': ${message}`, name);
}

const isHigh = (unit) => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit) => unit >= 0xdc00 && unit <= 0xdfff;

function copyOfView(view) {
  if (!(view.buffer instanceof ArrayBuffer)) {
    throw new TypeError("Failed to execute 'send' on 'TetherSocket': The provided ArrayBufferView value must not be shared.");
  }
  const copy = new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
  return { data: copy, bytes: copy.byteLength };
}

// Web IDL's [Clamp] unsigned short: NaN is 0, halves go to the even neighbour.
function clampToUint16(value) {
  const number = Math.min(Math.max(+value, 0), 65535);
  if (Number.isNaN(number)) return 0;
  const floor = Math.floor(number);
  const rest = number - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

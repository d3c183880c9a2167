// Codecs turn what a page sends into messages, and messages into what a page gets. They run in JS because that is where
// the value is wanted: the browser's JSON.parse is many times quicker than any parser inside WASM.

/** codecs by the name that the `codec` option takes. */
const codecs = {
  raw: null, // messages as they are
  json: {
    encode(value) {
      const text = JSON.stringify(value);
      if (text === undefined) throw new TypeError(`tether: json: ${typeof value} has no JSON form`);
      return text;
    },
    decode(data) {
      if (typeof data !== 'string') throw new TypeError('tether: json: expected a text message, got a binary one');
      return JSON.parse(data);
    },
  },
  float32: {
    binary: true,
    encode: (value) => (value instanceof Float32Array ? value : Float32Array.from(value, finiteNumber)),
    decode(data) {
      if (typeof data === 'string') throw new TypeError('tether: float32: expected a binary message, got a text one');
      if (data.byteLength % 4 !== 0) {
        throw new RangeError(`tether: float32: ${data.byteLength} bytes are no whole number of 4-byte floats`);
      }
      return new Float32Array(data);
    },
  },
};

/** findCodec returns the codec that the option names, an object with encode and decode as it is, or null for raw. */
export function findCodec(option) {
  if (option === undefined || option === null) return null;
  if (typeof option === 'object' && typeof option.encode === 'function' && typeof option.decode === 'function') return option;
  if (typeof option === 'string' && Object.hasOwn(codecs, option)) return codecs[option];
  const known = Object.keys(codecs).map((name) => `'${name}'`).join(', ');
  throw new TypeError(`tether: codec must be ${known} or an object with encode and decode, not ${String(option)}`);
}

function finiteNumber(value, index) {
  if (typeof value === 'number') return value;
  throw new TypeError(`tether: float32: element ${index} is a ${typeof value}, not a number`);
}

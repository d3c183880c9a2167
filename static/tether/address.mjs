// What the WHATWG WebSockets standard demands of the constructor's arguments, for a socket that another context opens.

const schemes = { 'http:': 'ws:', 'https:': 'wss:', 'ws:': 'ws:', 'wss:': 'wss:' };
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** checkAddress returns {url, protocols} as strings, or throws what the constructor of WebSocket throws. */
export function checkAddress(url, protocols = []) {
  const text = `${url}`;
  let parsed;
  try {
    parsed = new URL(text, globalThis.document?.baseURI ?? globalThis.location?.href);
  } catch {
    throw wrong(`The URL '${text}' is invalid.`);
  }
  const scheme = schemes[parsed.protocol];
  if (scheme === undefined) throw wrong(`The URL's scheme must be either 'http', 'https', 'ws', or 'wss'. '${parsed.protocol}' is not allowed.`);
  if (parsed.hash !== '' || parsed.href.endsWith('#')) throw wrong('The URL contains a fragment identifier. Fragment identifiers are not allowed in WebSocket URLs.');
  return { url: scheme + parsed.href.slice(parsed.protocol.length), protocols: checkProtocols(protocols) };
}

function checkProtocols(protocols) {
  const iterable = typeof protocols === 'object' && protocols !== null && Symbol.iterator in protocols;
  const list = (iterable ? [...protocols] : [protocols]).map((protocol) => `${protocol}`);
  for (const protocol of list) if (!token.test(protocol)) throw wrong(`The subprotocol '${protocol}' is invalid.`);
  if (new Set(list).size < list.length) throw wrong('The subprotocol list has duplicates.');
  return list;
}

const wrong = (message) => new DOMException(`Failed to construct 'TetherSocket': ${message}`, 'SyntaxError');

// Loaded into each process of Node, Deno and Bun that `tetherscope run` starts: what would connect on its own asks the proxy for a tunnel.
// The package ws gives its own function to make connections, so no agent reaches it; here that function gets out of the way.
// The address of the proxy is written into this file, because a program in Deno may not be permitted to read the environment.
'use strict';
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const tls = require('node:tls');
const { syncBuiltinESMExports } = require('node:module');

const proxy = new URL('PROXY_URL');
const maxHead = 65536; // of the proxy's answer

// tunnel connects to HOST:PORT through the proxy. It speaks CONNECT itself: the http of Deno cannot.
function tunnel(address, done) {
  const socket = net.connect({ host: proxy.hostname, port: Number(proxy.port) });
  let answer = Buffer.alloc(0);
  const finish = (error) => {
    socket.off('error', finish).off('end', onEnd).off('readable', onReadable);
    if (error) socket.destroy();
    done(error ?? null, error ? undefined : socket);
  };
  const onEnd = () => finish(new Error('the proxy ended the connection'));
  const onReadable = () => { // not 'data': the socket is handed on neither flowing nor paused
    for (let bytes = socket.read(); bytes !== null; bytes = socket.read()) answer = Buffer.concat([answer, bytes]);
    const end = answer.indexOf('\r\n\r\n');
    if (end < 0) {
      if (answer.length > maxHead) finish(new Error('the answer of the proxy has no end'));
      return;
    }
    if (answer.length > end + 4) socket.unshift(answer.subarray(end + 4));
    const status = answer.toString('latin1', 9, 12);
    finish(status === '200' ? undefined : new Error(`the proxy answered ${status}`));
  };
  socket.on('error', finish).on('end', onEnd).on('readable', onReadable);
  socket.write(`CONNECT ${address} HTTP/1.1\r\nHost: ${address}\r\n\r\n`);
}

// through makes the kind of agent that asks the proxy for a tunnel for each connection.
function through(Agent, secure) {
  return class extends Agent {
    createConnection(options, done) {
      const host = options.host ?? options.hostname ?? 'localhost';
      const port = options.port || (secure ? 443 : 80);
      tunnel(`${host.includes(':') ? `[${host}]` : host}:${port}`, (error, socket) => {
        if (error) done(error);
        else done(null, secure ? tls.connect({ ...options, socket, servername: options.servername ?? (/^[\d.]+$|:/.test(host) ? '' : host) }) : socket);
      });
    }
  };
}

// route returns a request function that uses agent, unless a program chose an agent of its own.
function route(original, agent) {
  return function (...args) {
    const at = args.findIndex((a) => a !== null && typeof a === 'object' && !(a instanceof URL));
    const options = at < 0 ? {} : args[at];
    if (options.agent !== undefined && options.agent !== null && options.agent !== false && options.agent !== http.globalAgent && options.agent !== https.globalAgent) return original.apply(this, args);
    if (options.socketPath !== undefined || options.method === 'CONNECT') return original.apply(this, args);
    const own = { ...options, agent };
    delete own.createConnection;
    if (at < 0) args.splice(1, 0, own);
    else args[at] = own;
    return original.apply(this, args);
  };
}

for (const [module, secure] of [[http, false], [https, true]]) {
  const Agent = through(module.Agent, secure);
  const agent = new Agent({ keepAlive: false, proxyEnv: {} }); // Node and Deno shall not ask the proxy, too
  module.request = route(module.request, agent);
  module.get = (...args) => {
    const r = module.request(...args);
    r.end();
    return r;
  };
}
syncBuiltinESMExports();

// Bun's own WebSocket reads no variable, but takes a proxy as an option.
if (process.versions.bun) {
  const Own = globalThis.WebSocket;
  globalThis.WebSocket = class WebSocket extends Own {
    constructor(url, given) {
      const options = typeof given === 'string' || Array.isArray(given) ? { protocols: given } : given;
      super(url, { proxy: proxy.href, ...options });
    }
  };
}

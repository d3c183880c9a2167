// Loaded into each Node process that `tetherscope run` starts: what would connect on its own asks the proxy for a tunnel.
// The package ws gives its own function to make connections, so no agent reaches it; here that function gets out of the way.
'use strict';
const http = require('node:http');
const https = require('node:https');
const tls = require('node:tls');
const { syncBuiltinESMExports } = require('node:module');

const proxy = process.env.TETHERSCOPE_PROXY && new URL(process.env.TETHERSCOPE_PROXY);

// through makes the kind of agent that asks the proxy for a tunnel for each connection.
function through(Agent, secure, request) {
  return class extends Agent {
    createConnection(options, done) {
      const host = options.host ?? options.hostname ?? 'localhost';
      const port = options.port || (secure ? 443 : 80);
      const name = host.includes(':') ? `[${host}]` : host;
      const connect = request({ host: proxy.hostname, port: proxy.port, method: 'CONNECT', path: `${name}:${port}`, agent: false });
      connect.once('error', done);
      connect.once('connect', (response, socket, head) => {
        if (response.statusCode !== 200) {
          socket.destroy();
          done(new Error(`the proxy answered ${response.statusCode}`));
          return;
        }
        if (head.length > 0) socket.unshift(head);
        done(null, secure ? tls.connect({ ...options, socket, servername: options.servername ?? (/^[\d.]+$|:/.test(host) ? '' : host) }) : socket);
      });
      connect.end();
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

if (proxy) {
  const request = http.request;
  for (const [module, secure] of [[http, false], [https, true]]) {
    const Agent = through(module.Agent, secure, request);
    const agent = new Agent({ keepAlive: false });
    module.request = route(module.request, agent);
    module.get = (...args) => {
      const r = module.request(...args);
      r.end();
      return r;
    };
  }
  syncBuiltinESMExports();
}

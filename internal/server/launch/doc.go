// Package launch starts a browser or a command whose traffic goes through the program's forward proxy, and waits for its end. Nothing is
// installed on the system: a browser gets a fresh profile and trust for the public key of this run's authority alone; a command gets
// variables in its environment and files in a folder that is removed with its end.
//
// # Which programs a command's variables reach
//
// curl, wget and everything on libcurl; Node's http, https and the package ws, by a preload in NODE_OPTIONS, and Node's own WebSocket from version 22.21;
// Deno's own WebSocket, and by the preload its http, https and ws; Bun's own WebSocket, by the same preload in BUN_OPTIONS, but not what Bun has in place of ws;
// Python's requests, httpx, aiohttp (with trust_env), websocket-client, and websockets from version 15; Go's net/http and what is on it, but not to loopback
// addresses, which Go never asks a proxy for; Java by JAVA_TOOL_OPTIONS, for the proxy only: its trust store is a file of another format; .NET and Ruby by the
// variables of OpenSSL. A program that reads none of them is not seen.
package launch

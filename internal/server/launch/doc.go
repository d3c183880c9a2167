// Package launch starts a browser or a command whose traffic goes through the program's forward proxy, and waits for its end. Nothing is
// installed on the system: a browser gets a fresh profile and trust for the public key of this run's authority alone; a command gets
// variables in its environment and files in a folder that is removed with its end.
//
// # Which programs a command's variables reach
//
// curl, wget and everything on libcurl; Node's http, https and the package ws, by a preload in NODE_OPTIONS; Python's requests, httpx,
// aiohttp (with trust_env), websocket-client, and websockets from version 15; Go's net/http, but not to loopback addresses, which Go never asks a proxy for; Deno
// and Bun; Java by JAVA_TOOL_OPTIONS, for the proxy only: its trust store is a file of another format; .NET and Ruby by the variables of OpenSSL. A
// program that reads none of them is not seen.
package launch

// Package server is the server behind `tetherscope`: pages, WebSocket endpoints, the tap and its feed.
//
// # Words
//
// A page is one of the HTML files that it serves: the console at / and the panel at /panel/. A socket is a WebSocket
// connection that a handler serves. The token is a random word, new in every run, which the panel page carries and every
// /api endpoint asks for. The feed is the stream of record batches at /api/tap.
//
// # What each endpoint asks of a request
//
// Every endpoint: a Host on the allow-list, because a DNS name that an attacker points at this machine arrives with that
// name in Host. Every /ws and /api endpoint: no Origin, or exactly that of our own pages or one that the user allowed,
// because browsers let any page open a WebSocket to anywhere. Every /api endpoint: the token, because programs that send
// no Origin are not thereby trusted. All /ws endpoints are tapped, /api never.
//
// # Never
//
// The server shows no credential in a log, a metric or a record. It holds no queue that a client can make grow. It serves
// nothing across origins, and listens beyond loopback only when a flag says so.
package server

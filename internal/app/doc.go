// Package app is the example application that people copy from: a chat server and a server for binary values, with
// everything a WebSocket server needs to stand on the open internet and to grow past one machine.
//
// # Words
//
// A client is one connection; a user is who a token says is behind it. A node is one server process. To refuse is to end
// a connection before any of its messages was processed: with HTTP before the upgrade where the server protects itself,
// with a close code after the upgrade where the page has to know why, because a browser shows every HTTP refusal as
// 1006. To drain is to send every client elsewhere before the process ends.
//
// # Endpoints
//
//	/ws/chat        the guide's system: welcome, chat, broadcast, echo, private, ping, presence, error (package wasm/chat)
//	/ws/bin         binary values there and back: float32, blob, MessagePack, CBOR, chosen by subprotocol
//	/app/ticket     POST with a token: a ticket for one handshake within 30 seconds, which may stand in a URL
//	/app/dev-token  POST a user's name: a token. Only in development, and only from the same machine
//
// # Close codes
//
//	1007 not UTF-8 · 1009 message too big · 1012 restarting, reason {"retry":milliseconds} · 1013 reads too slowly
//	4000 Invalid origin · 4001 Authentication required · 4002 Invalid token, Token expired, Logged out · 4003 Rate limit exceeded
//
// # Shape
//
// What decides is apart from what does: origin.go, address.go, window.go, request.go and package auth are functions of
// values; client.go owns a connection's queue, writebatch.go joins the writes of small messages, registry.go knows who is connected
// here, package broker everybody else.
//
// # Never
//
// A token or a ticket in a log, a metric or an answer to another client. A sender that a client chose. A client that
// makes another one wait: who reads too slowly is disconnected. A queue or a table that remote input can grow without
// bound.
package app

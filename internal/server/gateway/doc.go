// Package gateway serves WebSockets over HTTP/2 (RFC 8441) by handlers that know those of HTTP/1.1 only.
//
// # Words
//
// An extended CONNECT is the request that opens a WebSocket on a stream of an HTTP/2 connection. Its pseudo-header fields are what begins
// with a colon.
//
// # Shape
//
// [Gateway.Handler] passes requests on, but for each extended CONNECT it puts a connection into a queue, which an http.Server serves: on
// it stands the same handshake in HTTP/1.1. Whatever hijacks connections works unchanged, libraries, proxies and the tap, for which the
// connection has a method PseudoHead. The 101 of the handler becomes a 200, any other answer stays what it is.
//
// [Client] is the same for servers: a connection on which a handshake of HTTP/1.1 becomes an extended CONNECT.
//
// A handler that ends its sending direction ends the stream: net/http has no other end of a stream. What the client sends behind it is lost.
//
// # Never
//
// The package reads no frames. It keeps nothing of what passes: a stream whose reader is slow is slowed down by its flow control.
package gateway

// Package apart serves accepted WebSockets outside of their handlers, with little memory while they are idle.
//
// # Shape
//
// [Serve] runs a connection on a goroutine of its own, so that what net/http keeps for a handler is free. [ResponseWriter] gives the WebSocket
// library a small buffer to write with instead of the one of net/http, and a [Conn] that joins the writes of a batch, in memory that is borrowed
// for as long as the batch is written.
package apart

// Package wslimit stands between a server's network connection and its WebSocket library, and keeps from the library what
// it would take too lightly.
//
// # Words
//
// A guarded connection hands on the client's bytes up to the first frame that breaks a rule or a limit. That frame trips
// the guard: reading ends there with a [Violation], which names the close code that the server owes the client.
//
// # Why
//
// github.com/coder/websocket v1.8.15 accepts endless empty fragments, waits for the payload of any declared length,
// answers a close reason that is not UTF-8 as if nothing were wrong, and drops an unmasked frame without a close code.
// The guard knows the header rules of RFC 6455 from package frame and adds the limits; the library keeps the rest.
//
// # Never
//
// The guard changes no byte, holds no payload but that of a close frame (125 bytes at most), and writes nothing: closing is
// the handler's, which alone knows that no other frame is half written.
package wslimit

// Package rawws is a WebSocket peer that writes and reads single frames. WebSocket libraries refuse to send what breaks
// RFC 6455, choose masks and fragments themselves, and join the fragments that arrive; the demo, the recorded sessions of
// the command line and the tests of a server need to do all of that on purpose.
//
// # Words
//
// A peer is one end of a connection after its opening handshake. [Dial] makes the client's end, [Accept] the server's.
//
// # Never
//
// The package answers no ping and no close frame, checks no frame that it sends, and joins no fragments: what the peer
// says is up to the caller, frame by frame.
package rawws

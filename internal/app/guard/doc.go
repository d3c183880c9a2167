// Package guard holds a server's incoming bytes to RFC 6455 before its WebSocket library sees them.
//
// coder/websocket leaves some rules to the application: it answers a close reason that is not UTF-8 with 1000, accepts
// any number of empty fragments, waits for the bytes of any declared length, and drops an unmasked client without a
// close code. The guard stands between the connection and the library, reads every frame header, and passes on what is
// right, unchanged. At the first broken rule it passes on, in place of everything that follows, one close frame with the
// right code and a reason that names the rule. The library echoes that code and reason, as it does any close frame, and
// ends the connection: the peer gets the promised answer, and the application needs no second path for it.
//
// # Words
//
// Frame, message and violation are those of internal/frame. A breach is the rule that a peer broke, with its close code.
//
// # Never
//
// The guard never looks at the payload of a message (UTF-8 of whole messages is the application's check, after
// inflating), never changes a right byte, and never holds more than one frame header and one control payload.
package guard

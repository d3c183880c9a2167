// Package attach is a source of records beside the tap: a running browser of the Chromium family whose DevTools protocol can be reached. It
// reports the WebSockets of all of its pages, frames and workers as the browser's own developer tools have them.
//
// # Words
//
// Package cdp has target and session. A socket is a WebSocket as the browser reports it: from its creation, or, when it was open before,
// from its first message.
//
// # What is known
//
// Records are marked as [record.SourcePage]: whole messages, and the header fields of the handshake. There is no wire: no frame boundaries,
// control frames, masks, compression, close codes or bytes.
//
// # Never
//
// The package evaluates nothing in a page and changes nothing but that a new target waits, for the time of one message back, until its
// WebSockets are reported. It keeps no message.
package attach

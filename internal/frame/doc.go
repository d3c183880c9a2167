// Package frame decodes, checks and encodes the WebSocket wire format: RFC 6455 frames, RFC 7692 permessage-deflate,
// the opening handshake and the closing handshake.
//
// # Words
//
// A frame is one RFC 6455 frame. A message is one or more data frames, reassembled and inflated. A violation is a
// violated rule of RFC 6455 or RFC 7692, reported with its section. The snap length is how much of a payload is kept; the
// lengths in headers are always kept.
//
// # Shape
//
// Bytes in, values out. [ParseHeader] has the shape of [bufio.SplitFunc]: it returns how many bytes it used, and zero
// with a nil error when it needs more. [Decoder] is fed whatever slices the network gave; any split of the same bytes
// gives the same frames. Decoding is lenient and checking is separate: a wrong frame is decoded, shown, and carries its
// [Violations]. A decoder stops only where the start of the next frame is unknown.
//
// # Never
//
// The package does no I/O, starts no goroutine, reads no clock, and imports only the standard library. Its memory is
// bounded by its configuration, whatever the peer sends.
package frame

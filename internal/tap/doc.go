// Package tap looks at the bytes of a server's WebSocket connections as they pass, and records what they mean.
//
// # Words
//
// A tap watches the connections of one server. A tapped connection is a [net.Conn] whose reads and writes are also fed to
// two frame decoders, one for each direction; their frames become records, which go to a [Sink]. A head is the request
// line or status line of the opening handshake and the header fields after it.
//
// # Shape
//
// [Tap.Handler] wraps any http.Handler that upgrades by Hijack, whatever WebSocket library it uses. What it needs of the
// connection it takes in Hijack, so it works above TLS as well. [Listen] with [ConnContext] is optional: with it the heads
// are recorded exactly as they stood on the wire; without it they are put together from what net/http keeps, which has
// every field but not their order, their spelling, or the fields that net/http itself adds to a response.
//
// Bytes that are written are recorded just before they leave, bytes that are read just after they came: so a record never
// stands before its cause.
//
// # Never
//
// The tap changes no byte, delays none by waiting, and rejects nothing: enforcing rules is internal/guard's job. It lets
// no secret of a handshake into a record: credentials in known places are blanked first. What applications say inside
// frames is recorded as it is.
package tap

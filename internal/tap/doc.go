// Package tap looks at the bytes of a server's WebSocket connections as they pass, records what they mean, and lets one
// act on them.
//
// # Words
//
// A tap watches the connections of one server. A tapped connection is a [net.Conn] whose reads and writes are also fed to
// two frame decoders, one for each direction; their frames become records, which go to a [Sink]. A head is the request
// line or status line of the opening handshake and the header fields after it. A [Wire] is an open tapped connection as
// somebody sees it who acts on it; an insertion is a run of whole frames that they put in.
//
// # Shape
//
// [Tap.Handler] wraps any http.Handler that upgrades by Hijack, whatever WebSocket library it uses, or that joins the
// connection with another one, as a proxy does. What it needs of the connection it takes in Hijack, so it works above TLS
// as well. [Listen] with [ConnContext] is optional: with it the heads are recorded exactly as they stood on the wire;
// without it they are put together from what net/http keeps, which has every field but not their order, their spelling,
// or the fields that net/http itself adds to a response.
//
// Of a connection that is relayed to another one (its proxy calls Relay) the tap also tells how long each part stood here: from
// when it came until the write to the other leg was over. That is told within half a second, behind the frames' records.
//
// Bytes that are written are recorded just before they leave, bytes that are read just after they came: so a record never
// stands before its cause.
//
// # Acting
//
// [Tap.Wire] finds an open connection. [Wire.Insert] puts frames into either direction: to the client ([record.In]) they are
// written between two frames of the server, to the server ([record.Out]) they are read between two frames of the client,
// by whoever reads the connection: the server's library, or the pump that carries a proxy's bytes to its target. The rules:
//
//   - A frame is never cut. Each insertion goes as a whole to the next place between two frames; those of one direction go
//     in the order of their calls. Neither the application's frames nor other insertions get between its frames.
//   - Control frames may stand inside a fragmented message. Data frames may not: [Inside] chooses between failing, waiting
//     for the message's end (others pass meanwhile), and doing it regardless.
//   - What is put in passes the decoder of its direction like everything else, so offsets, message numbers and violations
//     are those that the receiver sees. Its records carry [record.Injected], or the marks that the caller gives.
//   - Compression is the caller's business: a message without RSV1 is always legal between others and leaves the context
//     alone (RFC 7692 section 6). One with RSV1 enters the receiver's window but not the sender's.
//   - Frames to the server must be masked and frames to the client not, by whoever makes them. The wire puts in what it
//     is given, right or wrong, as long as it is whole frames.
//   - [Wire.Finish] and [Wire.Reset] end a direction or the connection; the record of the end says on whose order.
//   - What waits is bounded in number and bytes, and told why it failed when the connection ends.
//
// While nobody acts, a read costs one lock and one look at a flag more than without, and so does a write; no byte is copied,
// and the slices of reads and writes stay what they were. A reader that waits for the client is woken through the read
// deadline, which the tap keeps for its owner.
//
// What a tap costs is the work of decoding and recording, most of it copying and locks: `go test -bench Frame` prints what a
// frame costs alone, `go run ./internal/bench/server` what it costs a server that is busy with system calls, where the same work
// takes two to three times as long. Tried without gain: to put small pieces of all connections down and decode them a hundred at
// a time, so that code and data stay in the processor's caches; a ring of 1 MiB in place of 64; wider instructions to unmask.
//
// # Never
//
// The tap changes no byte of its own accord, delays none by waiting, and rejects nothing: enforcing rules is
// internal/guard's job. It lets no secret of a handshake into a record: credentials in known places are blanked first. What
// applications say inside frames is recorded as it is.
package tap

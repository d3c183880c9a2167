// Package tether is a WebSocket client that reconnects, is typed end to end, never loses a message that arrived, and reports
// exactly what became of the messages it sent. The same source compiles natively and for js/wasm.
//
//	client, err := tether.New("wss://example.org/chat", codec.String())
//	…
//	go client.Run(ctx)
//	client.Send(ctx, "hello")
//	for text, err := range client.Messages(ctx) { … }
//
// Messages of many types are declared once, with package message, for client and server: [Typed] receives and sends them,
// and [Call] waits for answers.
//
// # Words
//
// An attempt is one try to connect. A connection is one WebSocket, from handshake to close. A generation is the number
// of the current transport: events of an older one are ignored. The outbox holds messages accepted and not yet handed over
// to the platform; the inbox holds messages that arrived and were not read. An event is what a listener gets. The policy
// decides what follows the end of a connection: see [DefaultDecide].
//
// # What it promises
//
//   - A message that arrived before a close is read before the end, however late the reader is, and close code and
//     reason always arrive: in [Lost], and in the error of Run.
//   - A message leaves the outbox only when an open connection has taken it. The bytes that a lost connection had taken and
//     not yet sent are reported as [Lost].Unflushed: without an answer from the server it cannot be known whether they arrived.
//   - At most one connection exists at a time. An abandoned attempt leaves no socket behind.
//   - Nothing waits for the peer without a bound, and no queue grows without one.
//   - Retries are spread by full jitter, drawn after the cap, from the first one on.
//   - A listener that blocks or panics, and a policy or endpoint function that panics, affect nothing else.
//
// # What it cannot do
//
//	                                 native    browser
//	headers of the handshake         yes       no: use a subprotocol, the query or a cookie
//	HTTP status of a refusal         yes       no: every failure is 1006; [WithDiagnosis] finds the status by a request
//	compression                      offered with [WithCompression]; a browser always offers it
//	stop reading when the inbox fills  yes     no: beyond the limit the connection is closed and a new one made
//	a limit before a message is read yes       no: a message that is too big is dropped after it arrived
//	ping frames (RFC 6455 §5.5.2)    sent and received  neither: a [Heartbeat] sends messages
//	timers that run on time          yes       not while hidden: [WithWorkerTimers]
//	online, visible, frozen, cached  not reported  reported: [WithPage]
//	close codes 1001–1014            sent      mapped, see [Client.Shutdown]
//	messages after our close frame   dropped   dropped
//
// WebSocketStream could stop reading. In Chromium, the one browser that has it, a server can crash the whole page: by
// breaking the connection during a write (internal/test/browsertest proves it). So it is not used; with [WithResume] the
// server waits when it is ahead of the inbox.
//
// Options that a browser cannot have, such as WithHeader, do not exist for js: a program that uses them does so in a
// file with a build tag.
//
// # Liveness
//
// A network that drops everything raises no event, so a dead connection looks like a quiet one. A [Heartbeat] finds the
// difference: whatever the server sends is a sign of life, and without one the connection is given up within interval,
// timeout and one second. Three things could mislead it, and each has its rule. After a page slept, answers lie unread and
// timers are late: time is counted by two clocks, and a late timer leads to one more ping before the connection is given
// up. A proxy may echo our messages: an echo does not count, nor does a pong with another nonce. A reader that falls behind
// stops reading: while the client does not read, no sign of life is expected.
//
// What the browser reports of network and page is a hint and no proof: it shortens a wait, never below what the server
// asked for, or makes the heartbeat send a ping at once.
//
// The browser closes the connections of a page that it freezes or caches. Chromium reports it to a frozen page when it
// runs again; Safari and Firefox were not tried.
//
// # Resume
//
// With [WithResume] the messages of all connections are one stream. Package resumeserver is the server's half in Go; this is
// what goes over the wire.
//
// The client offers the subprotocols tetherscope.resume.v2 and tetherscope.resume.v1 before its own, and the server selects one:
// version 2 is version 1 with checksums, see below. An application's own
// subprotocol is chosen in the welcome. Numbers are decimal without leading zeros. A frame here is a WebSocket message; all
// but m are text messages.
//
//	resume ID TAKEN RECEIVED WINDOW                                  client's first frame; ID - for a new session
//	new ID TAKEN RECEIVED WINDOW SENT LIFETIME SUBPROTOCOL           server's answer: a session as asked
//	resumed ID TAKEN RECEIVED WINDOW SENT LIFETIME SUBPROTOCOL       the session goes on
//	gone ID TAKEN RECEIVED WINDOW SENT LIFETIME SUBPROTOCOL          a new session: the one asked for is lost
//	m NUMBER TAKEN LF payload                                        a message; text or binary, as its payload
//	a TAKEN                                                          an acknowledgement alone
//	e LAST TAKEN CODE                                                the session is over; LAST was the last message
//	p NONCE                                                          a ping: the layer itself answers
//	q NONCE                                                          a pong: the answer to the last ping
//	s TAKEN                                                          version 2: an acknowledgement that asks for one
//
// ID is what the session is found by: at most 64 letters and digits that cannot be guessed. Each side numbers its messages
// from 1 for the whole session. RECEIVED is the number of the last message that arrived, TAKEN of the last that the reader
// has: only that is an acknowledgement. WINDOW is how many bytes the other side may have sent beyond TAKEN when it begins
// another message, each counted as its payload and 64 bytes. SENT is the number of the last message that the server has
// written. LIFETIME is for how many milliseconds it keeps a session without a connection. SUBPROTOCOL may be -. After gone,
// TAKEN, RECEIVED and SENT are those of the lost session, or - when nothing is known of it.
//
// Rules:
//
//   - Both sides keep a message until it is acknowledged. After resumed they discard messages up to TAKEN, and send again, in
//     order, what comes after RECEIVED.
//   - A message whose number is not larger than that of the last is left out. One that skips a number, an acknowledgement of
//     what was not sent, more than the window allows, and anything that is not a frame above ends the connection. The session
//     can be resumed.
//   - An acknowledgement travels with messages, or alone after 64 messages, a quarter of the window, or 20 ms.
//   - A connection that resumes a session takes it over from one that is still open.
//   - The server takes a position that cannot be one of the session, and a session of another owner, for a session that it
//     does not know.
//   - A server begins to serve a new session when the client has sent a frame after the welcome, an acknowledgement at
//     least: so nothing is written to a session whose welcome was lost.
//   - In version 2, each frame, the first ones too, begins with its checksum: eight lower-case hexadecimal digits, the CRC-32C
//     (polynomial 0x1EDC6F41, as in iSCSI) of its number on this connection and in this direction, from 0, as eight bytes,
//     little-endian; a byte that is 1 for a text message and 0 for a binary one; and the frame without its checksum. A frame
//     that came once more just after itself is left out. Any other whose checksum differs was altered, or one before it was
//     lost or moved: the connection is given up, the server's with code 1011, and the session resumed.
//   - In version 2, a side that has waited two seconds for an acknowledgement, or a server for the first frame after its welcome,
//     sends s, and again every two seconds; the other answers at once with a. So the loss of a last frame is noticed too.
//   - Before it closes for good, a side sends e with the code of the close that follows, and the server answers a later hello
//     for that session with e in place of a welcome. A close without e is a disconnect like any other.
//
// # Shape
//
// The machine (wasm/internal/engine) decides everything: events in, commands out. The shell (shell.go, shell_*.go) is one
// goroutine that waits for events and executes the commands; two kinds of events are processed without it where that is
// safe (shell_inline.go). Three queues hold what waits: the event queue (event_queue.go) what happened, the outbox (outbox.go,
// outbox_list.go) messages to send, the inbox (inbox.go) messages to read. Transports make connections:
// transport_native.go with net/http and wasm/internal/wire, transport_js.go on the browser's own WebSocket. Sessions are a layer over a
// transport (resume_layer.go).
//
// # Never
//
// A callback on the goroutine that reads. A context kept across connections. A close that waits for the peer. A message
// delivered twice. In the programs for js: fmt, net/http, net/url, encoding/json, log/slog.
package tether

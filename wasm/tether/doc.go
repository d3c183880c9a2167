// Package tether is a WebSocket client that reconnects, is typed end to end, never loses what it received, and tells the
// truth about what it sent. The same source compiles natively and for js/wasm.
//
//	client, err := tether.New("wss://example.org/chat", codec.String())
//	…
//	go client.Run(ctx)
//	client.Send(ctx, "hello")
//	for text, err := range client.Messages(ctx) { … }
//
// # Words
//
// An attempt is one try to connect. A connection is one WebSocket, from handshake to close. A generation is the number
// of the current transport: what an older one still says is not heard. The outbox holds messages accepted and not yet
// handed over; the inbox what arrived and was not yet read. An event is what a listener gets. The policy decides what
// follows the end of a connection: see [DefaultDecide].
//
// # What it promises
//
//   - A message that arrived before a close is read before the end, however late the reader is, and close code and
//     reason always arrive: in [Lost], and in the error of Run.
//   - A message leaves the outbox only when an open connection has taken it. What a lost connection had taken and not
//     yet sent is told as [Lost].Unflushed: whether it arrived nobody can know without an answer from the server.
//   - At most one connection lives at a time. An attempt that is given up leaves no socket behind.
//   - Nothing waits for the peer without a bound, and no queue grows without one.
//   - Retries are spread by full jitter, drawn after the cap, from the first one on.
//   - A listener that blocks or panics, and a policy or endpoint function that panics, harm nobody else.
//
// # What it cannot do
//
//	                                 native    browser
//	headers of the handshake         yes       no: use a subprotocol, the query or a cookie
//	HTTP status of a refusal         yes       no: every failure is 1006
//	compression                      offered with [WithCompression]; a browser always offers it
//	stop reading when the inbox fills  yes     no: beyond the limit the connection is closed and made anew
//	a limit before a message is read yes       no: a message that is too big is dropped when it is there
//	close codes 1001–1014            sent      mapped, see [Client.Shutdown]
//	messages after our close frame   dropped   dropped
//
// Options that a browser cannot have, such as WithHeader, do not exist for js: a program that needs them says so in a
// file with a build tag.
//
// # Shape
//
// The machine (machine.go, rules.go) decides everything and does nothing: events in, commands out, one table of states,
// drawn in testdata/machine.mmd. The shell (shell.go) is one goroutine that performs the commands and decides nothing.
// Transports make connections: transport_native.go on coder/websocket, transport_js.go on the browser's own WebSocket.
//
// # Never
//
// A callback on the goroutine that reads. A context kept across connections. A close that waits for the peer. A message
// sent twice. In what it links for js: fmt, net/http, net/url, encoding/json, log/slog.
package tether

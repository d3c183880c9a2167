// Package decode says what the bytes of a payload mean: formats (JSON, MessagePack, CBOR, Protobuf, compressed data,
// images) and the protocols that speak through a WebSocket (GraphQL, Socket.IO, STOMP, MQTT, SignalR and others).
//
// # Words
//
// A [Decoder] knows one format or protocol: how likely a payload is of it, and how it reads. What it makes is a [View]: a
// flat list of [Line]s, each with its depth, its name, its value and the bytes of the payload that it stands for; one line
// of [View.Summary] for the grid; and a [Pair], with which a response finds its request.
//
// # Guess order
//
// [Guess] asks every decoder and sorts by [Confidence]: Sure (the handshake agreed on it, or a signature and what follows
// fit), Likely (its shape fits and few other things look like it), Maybe (it can be read that way). Among equals the order
// of [All] decides, protocols before formats, since a protocol says more about the same bytes: Socket.IO, GraphQL,
// SignalR, Phoenix, WAMP, Action Cable, JSON-RPC, SockJS, STOMP, MQTT; then images, compressed data, JSON, CBOR,
// MessagePack, Protobuf. A guess is a guess: View.Confidence stays with what was read, and the panel shows it. Brotli has
// no signature and is never guessed.
//
// # Never
//
// A wrong guess costs little, whatever the payload: lines, depth, length of values, bytes read and bytes inflated are
// bounded, and what was left out is said in [View.Left]. No length in the payload is believed before the bytes are there.
// A payload that is wrong gives the lines up to the mistake and an [Error] with its place. The package knows no screen,
// network or clock; a decoder keeps nothing between payloads.
package decode

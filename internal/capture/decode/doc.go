// Package decode interprets the bytes of a payload: formats (JSON, MessagePack, CBOR, Protobuf, compressed data, images) and
// protocols on top of WebSocket (GraphQL, Socket.IO, STOMP, MQTT, SignalR and others).
//
// # Words
//
// A [Decoder] knows one format or protocol: it estimates how likely a payload is of it, and decodes it. The result is a
// [View]: a flat list of [Line]s, each with its depth, name, value and byte range of the payload; a [View.Summary] of one
// line for the grid; and a [Pair], by which a response is matched with its request.
//
// # Guess order
//
// [Guess] asks every decoder and sorts by [Confidence]: Sure (negotiated in the handshake, or a signature and its content
// fit), Likely (the structure fits, and few other formats look alike), Maybe (it can be decoded that way). Among equals the
// order of [All] decides, protocols before formats, because a protocol explains more of the same bytes: Socket.IO, GraphQL,
// SignalR, Phoenix, WAMP, Action Cable, JSON-RPC, SockJS, STOMP, event streams, MQTT; then images, compressed data, JSON, CBOR,
// MessagePack, gRPC-Web, Protobuf. View.Confidence is kept with the result, and the panel shows it. Brotli has no signature and is
// never guessed.
//
// # Never
//
// A wrong guess never costs much: lines, depth, length of values, bytes read and bytes inflated are limited, and
// [View.Left] reports what was left out. No length in a payload is trusted before its bytes are present. An invalid payload
// yields the lines before the error, and an [Error] with its position. The package knows no screen, network or clock, and a
// decoder keeps no state between payloads.
package decode

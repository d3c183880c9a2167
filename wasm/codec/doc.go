// Package codec turns Go values into WebSocket messages and back.
//
// A [Codec] is append style and bounded: it writes into a buffer that its caller reuses, and it refuses a message that
// is larger or deeper than its [Limits] before it builds anything of it. An [Error] names the codec that failed, for which
// Go type, at which byte, and why, for errors.Is and errors.As. A value with a method Validate is asked once it is
// decoded ([Validator]).
//
// In this package: [Raw] and [Bytes] (nothing encoded), [String], and [Array] (numbers as the bytes of a JavaScript typed
// array). Formats with dependencies of their own live in subpackages, so that a program carries only what it imports:
//
//	jsoncodec      JSON, by encoding/json
//	msgpackcodec   MessagePack, by tinylib/msgp
//	cborcodec      CBOR, by fxamacker/cbor
//	protobufcodec  Protocol Buffers, by google.golang.org/protobuf
//
// The package never does I/O, never keeps a buffer that it appended to, and links neither fmt nor encoding/json.
package codec

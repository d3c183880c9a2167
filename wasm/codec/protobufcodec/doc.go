// Package protobufcodec carries Protocol Buffers messages as binary WebSocket messages, by
// google.golang.org/protobuf and the code that protoc-gen-go wrote.
//
// The wire form does not distinguish a message from a string of bytes: without the schema its depth is unknown.
// The depth is therefore counted by the decoder as it descends, and not beforehand; what it has built until then is bounded by
// the message's size, which is checked first. When decoding fails, the message is walked once more beside its descriptor to
// say where, as protobuf's own errors do not.
//
// The package never knows which message it is that arrived: a protocol with several needs one that has a oneof of them.
package protobufcodec

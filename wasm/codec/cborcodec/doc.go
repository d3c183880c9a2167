// Package cborcodec carries Go values as CBOR (RFC 8949) in binary messages, by github.com/fxamacker/cbor and its struct
// tags, which are those of JSON unless a cbor tag is there.
//
// A time.Time travels as RFC 3339 text with tag 0 and keeps its nanoseconds. A map with the same key twice is an error, as
// are bytes after the value. Every message is walked by [Check] before it is decoded, for its limits and because its
// errors say where.
//
// The package never believes a length.
package cborcodec

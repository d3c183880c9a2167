// Package binscan reads MessagePack (its specification of 2013 with the timestamp of 2017) and CBOR (RFC 8949) one value at a time,
// without building values. It is what the filter's paths and the decoders of both formats stand on, as jsonscan is for JSON.
//
// # Words
//
// An item is one value, or the head of a list, a map or a tag: what is in it follows as items of their own, which the caller
// reads. A position is a byte offset into the payload. An open item is one of CBOR's indefinite length: a [Break] ends it. The
// payload may be cut: a [Fault] at its length says that more was expected.
//
// # Never
//
// It never recurses, so that no nesting of the input can exhaust the stack: callers bound their depth. It copies nothing but
// CBOR strings that come in pieces, which are at most as long as the payload. It believes no length: it compares each with what
// is there.
package binscan

// Package wire is what the program and the worker of its script say to each other, over two pipes.
//
// # Shape
//
// A frame is a length of four bytes, big-endian, and that many bytes: a kind and its fields. A field is a varint, or a varint as length and that
// many bytes. The program sends a [Load] first, then a [Message] at a time; the worker answers each with a [Reply].
//
// # Limits
//
// A frame has at most [MaxFrame] bytes, whatever its length says, a reply at most [MaxMessages] messages and as many answers. What is longer, cut or
// has something behind it is an error: neither side trusts the other.
//
// # Never
//
// The package starts no process and knows no Starlark.
package wire

// Package codec turns Go values into WebSocket messages and back.
//
// A [Codec] is append style and bounded: it writes into a buffer that its caller reuses, and its input is one message
// that the caller has already limited in size. An [Error] says which codec stopped and at which byte. Formats with
// dependencies of their own live in subpackages, so that a program carries only what it imports.
//
// The package never does I/O, and never keeps a buffer that it appended to.
package codec

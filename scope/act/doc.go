// Package act says what one can do to an open connection, as values: what the control API of the dev server takes and gives
// as JSON, the frames that a message becomes, and the rules that they would break.
//
// # Words
//
// A [Message] is what a user or a program composed: payload, opcode and flags, and how it is cut into frames. A [Problem] is a rule
// that sending it would break, with its section. To force is to send it all the same.
//
// # Shape
//
// The panel, the server and the Go client (package scope) share it: [Message.Frames] makes the same bytes everywhere, and
// [Check] says the same of them before and after they travel. Nothing is corrected in silence: what a message asks for is
// what stands on the wire.
//
// # Never
//
// The package does no I/O and takes random masking keys as an argument.
package act

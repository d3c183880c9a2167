// Package rewrite changes what messages say: by a regular expression, or at a place in JSON. Fault rules apply it to connections.
//
// # Words
//
// An edit is one change, written as text: "replace /a/b/" or "set $.price 0". Its input is a message, as the application reads it.
//
// # Limits
//
// A result has at most [MaxResult] bytes, and an edit changes at most [MaxPlaces] places of a message; past either it fails and the message
// stays as it is. Regular expressions are those of package regexp, whose time is linear in the message.
//
// # Never
//
// It does no I/O and reads no clock. It makes no text message that is not UTF-8 (RFC 6455 §5.6).
package rewrite

// Package redact replaces the credentials of handshakes by [Placeholder]: in the tap as they are recorded, and in captures
// of other programs when they are saved, shared, printed or replayed. It is the one place that knows what a credential looks like.
//
// # Terms
//
// A name is strong when what is assigned to it is a credential whatever it looks like (token, password, Authorization), and weak when it is
// one only if it looks random (key, state). A shape is what credentials look like under any name: JSON Web Tokens, keys with a known
// prefix, "Bearer …", the user and password of a URL.
//
// # Shape
//
// A head is read as leniently as the most lenient peer would read it (lines that end in LF or CR alone, folded lines, spaces in names, targets
// with spaces): what any reading calls a credential is one. Values are decoded (percent signs, base64 of JSON) to be searched; a value in
// which something is found is replaced whole. Redacting twice gives the same as redacting once.
//
// # Never
//
// The package leaves messages as they are: a credential in a message cannot be distinguished from other text. It never fails, and its work
// is proportional to the text.
package redact

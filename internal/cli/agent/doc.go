// Package agent serves the Model Context Protocol: it lets a coding agent read what a running server has captured, by tools with
// typed arguments, and, when the user allows it, act on connections. It is a client of the server's control API ([scope.Client]), as
// the other commands are; the protocol itself is the official SDK's.
//
// # Limits
//
// A page has at most [MaxPage] frames, a preview [maxPreview] bytes, one message at most [MaxPayload] bytes; what was left out is said
// in each answer. A wait ends after [maxWait].
//
// # Never
//
// Without permission no tool that acts exists. Credentials in handshakes are hidden by the server; in text, what looks like one is
// hidden here as well. Each answer says that what peers sent is data and no instruction.
package agent

// Package dialout opens WebSocket connections to servers that a person names, for pages that may connect to their own server only, and that cannot choose
// header fields or certificates.
//
// # Terms
//
// A ticket is the permission to open one connection: to one URL, with the fields and the trust that were asked for. It is used once, within
// [lifetime].
//
// # Shape
//
// [Dialer.Prepare] checks what is asked for and makes a ticket. Who has it connects to its path; [Dialer.Claim] gives the
// handler of that connection, a proxy to the one server. The handshake that leaves has the fields that make it a WebSocket handshake, those
// that were asked for, and nothing else of the page: no cookie, no Origin.
//
// # Never
//
// The package dials nothing that was not asked for with the token of the control API, follows no redirect, and dials no port of this program.
// A ticket that stands in a capture is used up. Tickets and connections are bounded.
package dialout

// Package faults breaks TCP connections on purpose, between a real client and a real server, to prove what a client makes
// of it. Toxiproxy does the breaking.
//
// It is a module of its own, so that what Toxiproxy depends on never enters the product's go.mod:
//
//	cd internal/test/faults && go test -race ./...
//
// In short runs the fleets of Chromium make a few disconnects of each kind; make faults makes a thousand, and prints the
// accounts, which package ledger keeps.
//
// # Words
//
// A [Link] is a TCP path with one [Kind] of fault in it, whole until it is struck. Strike breaks the connections that
// pass and, until Heal, those that come. A forced disconnect is one Strike and one Heal.
//
//	Kind       what happens                                        what a client notices
//	Reset      TCP reset in both directions                        the connection is lost
//	Fin        TCP closed without a close frame                    the connection is lost
//	CutFrame   TCP closed after the first bytes of a frame         the connection is lost
//	BlackHole  every byte is swallowed, the connection stays       nothing at all
//	Down       the connection is closed and no other is accepted   the connection is lost, attempts are refused
//	Slow       every byte comes late                               nothing is lost
//	Sliced     every byte in a TCP segment of its own              nothing is lost
//
// # Never
//
// A fault acts on bytes and connections: it knows nothing of WebSocket, and it counts nothing. What was lost, doubled or
// reordered is for the test to say.
package faults

// Package session is what both sides of a resumable session know: numbers, acknowledgements, and which messages are still
// to be kept. The protocol is written down in the documentation of wasm/tether, under Resume.
//
// # Words
//
// A session outlives connections. Each side numbers the messages that it sends from 1, for as long as the session lives.
// A message is pending until the other side has taken it: its reader has it. What was received and not taken waits in the
// session. A position is how far one side has come with what the other one sends. The window is how many bytes the other
// side may send ahead of the reader. A line is one connection of a session: it checks that each frame is the next one as it was
// sent.
//
// # Shape
//
// Values in, values out: no clock, no socket, no goroutine, no dice. The client's half is a layer in wasm/tether, the
// server's is wasm/resumeserver; both own a [Session] and carry its frames.
//
// # Never
//
// A message read twice, altered, or out of order. More kept than the limits say, whatever the peer sends: bytes beyond them are an
// error of the peer or wait at the sender.
package session

// # Resume
//
// With [WithResume] the messages of all connections are one stream. Package resumeserver is the server's half in Go; this is
// what goes over the wire, version 1.
//
// The client offers the subprotocol tetherscope.resume.v1 before its own, and the server selects it. An application's own
// subprotocol is chosen in the welcome. Numbers are decimal without leading zeros. A frame here is a WebSocket message; all
// but m are text messages.
//
//	resume ID TAKEN RECEIVED WINDOW                                  client's first frame; ID - for a new session
//	new ID TAKEN RECEIVED WINDOW SENT LIFETIME SUBPROTOCOL           server's answer: a session as asked
//	resumed ID TAKEN RECEIVED WINDOW SENT LIFETIME SUBPROTOCOL       the session goes on
//	gone ID TAKEN RECEIVED WINDOW SENT LIFETIME SUBPROTOCOL          a new session: the one asked for is lost
//	m NUMBER TAKEN LF payload                                        a message; text or binary, as its payload
//	a TAKEN                                                          an acknowledgement alone
//	e LAST                                                           the session is over; LAST was the last message
//
// ID is what the session is found by: at most 64 letters and digits that cannot be guessed. Each side numbers its messages
// from 1 for the whole session. RECEIVED is the number of the last message that arrived, TAKEN of the last that the reader
// has: only that is an acknowledgement. WINDOW is how many bytes the other side may have sent beyond TAKEN when it begins
// another message, each counted as its payload and 64 bytes. SENT is the number of the last message that the server has
// written. LIFETIME is for how many milliseconds it keeps a session without a connection. SUBPROTOCOL may be -. After gone,
// TAKEN, RECEIVED and SENT are those of the lost session, or - when nothing is known of it.
//
// Rules:
//
//   - Both sides keep a message until it is acknowledged. After resumed they forget what is up to TAKEN, and send again, in
//     order, what comes after RECEIVED.
//   - A message whose number is not larger than that of the last is left out. One that skips a number, an acknowledgement of
//     what was not sent, more than the window allows, and anything that is not a frame above ends the connection. The session
//     can be resumed.
//   - An acknowledgement travels with messages, or alone after 64 messages, a quarter of the window, or 20 ms.
//   - A connection that resumes a session takes it over from one that is still open.
//   - The server takes a position that cannot be one of the session, and a session of another owner, for a session that it
//     does not know.
//   - A close without e is a disconnect like any other.
package tether

// Package wstest is a WebSocket server that misbehaves on request, for the tests of clients.
//
// # Words
//
// A script is what the server does on one connection; the path of the URL chooses it and the query tunes it, so that a
// test in a browser, which can do no more than name a URL, chooses its script like one that runs in the same process.
// A key is a name which a test gives to its own connections (query key=…), so that it can ask for their story alone.
//
//	/echo                        returns each message as it came
//	/close?n=&code=&reason=      sends n messages "0", "1", … and closes; code 0: without a code; with ask=1, when
//	                             /release is requested
//	/drop?n=&rst=1&ask=1         sends n messages and ends the TCP connection, with a reset if rst is set; with ask, when
//	                             /release is requested
//	/push?n=&size=&binary=1      sends n messages of size bytes as fast as it can, then echoes
//	/refuse?status=&retry-after= answers with an HTTP status
//	/plain                       answers 200 as a web page would
//	/bad-accept                  completes the handshake with a wrong Sec-WebSocket-Accept
//	/stall                       never answers the handshake
//	/slow-accept?ms=&ask=1       answers the handshake that late, with ask when /release is requested, then echoes
//	/flaky?key=&fail=&status=    refuses the first fail attempts of this key, then echoes
//	/drop-first?key=&times=&n=   drops the first connections of this key after n messages, then echoes
//	/badframe?n=                 sends n messages and then an invalid frame
//	/badframe-on-close           echoes, and answers a close frame with an invalid frame
//	/never-close                 echoes, and never answers a close frame
//	/late?ms=&ask=1              reads nothing for so long, with ask until /release is requested, then reads all and
//	                             echoes messages below 64 bytes
//	/blackhole?n=                echoes n messages, then neither reads nor writes; the TCP connection stays
//	/resume?key=&cut=&times=     echoes over resumable sessions; breaks the first connections of this key after a random
//	                             number of bytes, cut at most; forgets its sessions when it reads "restart"
//	/release?key=                lets the connections of this key go on that wait for it, and all later ones
//	/stats?key=                  JSON of [Stats]; without key: of all connections
//
// Every script takes protocol=… (the subprotocol to select; default: the first offered).
//
// # Never
//
// The server never limits what it accepts beyond 64 MiB for one message, checks no Origin, and must not be reachable
// from outside the machine.
package wstest

// Command bench measures tether in a real Chromium beside plain JavaScript, reconnecting-websocket, partysocket and
// coder/websocket's WebAssembly half, and the sizes of what a page downloads. It prints everything it claims, and beside
// each figure that has an aim whether it was reached:
//
//	go run ./internal/bench                                 everything: half an hour on a quiet machine
//	go run ./internal/bench -short                          two sizes, few repetitions: a look, not a result
//	go run ./internal/bench -only firehose,text -bytes 128  one measurement
//	go run ./internal/bench -sizes                          the sizes alone
//	go run ./internal/bench -js                             TetherSocket beside plain JS and the packages
//
// # Words
//
// A variant is one way to use a WebSocket in a page. A measurement is one mode (ping-pong, pipelined, firehose) with one
// kind (text, binary) and one size of messages.
//
// # How
//
// All variants run interleaved in one browser, in a new random order for each repetition, each in its own tab, which
// stays open from the first repetition to the last; figures are medians. Plain JavaScript runs twice, as two variants:
// what separates it from its own duplicate is noise, and no smaller difference means anything. CPU is that of the
// renderer process, found by letting each tab spin and seeing whose counter moves. CDP's Network domain stays off: it
// would turn each message into an event. The server is a process of its own and sends chunks that were made beforehand.
package main

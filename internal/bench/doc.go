// Command bench measures tether in a real Chromium beside plain JavaScript and coder/websocket's WebAssembly half, and
// the sizes of what a page downloads. It prints everything it claims:
//
//	go run ./internal/bench            about six minutes
//	go run ./internal/bench -short     under a minute: a look, not a result
//	go run ./internal/bench -js        TetherSocket beside plain JS, reconnecting-websocket and partysocket
//
// All variants run interleaved in one browser, in a new random order for each repetition, each in its own tab, which
// stays open from the first repetition to the last; figures are medians. Plain JavaScript runs twice, as two variants:
// what separates it from its own duplicate is noise, and no smaller difference means anything. CPU is that of the
// renderer process, found by letting each tab spin and seeing whose counter moves. CDP's Network domain stays off: it
// would turn each message into an event. The server is a process of its own and sends chunks that were made beforehand.
package main
